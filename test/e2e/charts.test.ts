// Helm charts as they are written: image names from values, Secrets from values, hooks, crds/, values per environment.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, describe, expect, test } from "vitest"

import { dagger, daggerIn, ROOT } from "./dagger.ts"
import { Source } from "./source.ts"

const PASSWORD = "correct-horse-battery-staple"
const CHARTS = readFileSync(join(ROOT, "test/e2e/sources/charts/charts.yaml"), "utf8")

const folder = mkdtempSync(join(tmpdir(), "cloud-native-charts-"))
const secrets = `--secrets=file:${join(folder, "prod.env")}`
writeFileSync(join(folder, "prod.env"), `DATABASE_URL=postgresql://shop:${PASSWORD}@db:5432/shop\n`)

afterAll(() => rmSync(folder, { recursive: true }))

describe("a repository with two charts in place of manifests", () => {
  test.concurrent("its manifests are checked for each environment, and what was read into them is said", async () => {
    const { exitCode, stdout, stderr } = await dagger(`--source=${withCharts().path}`, "check-manifests")
    expect(stderr).toContain("manifests: left out, since it is for another occasion: Pod test (helm.sh/hook: test)")
    expect(stderr).toContain("manifests: ghcr.io/acme/shop-api:latest is the image of the backend that is built here")
    expect(stderr).toContain("imagePullPolicy of container web is IfNotPresent instead of Never")
    expect(exitCode, stdout).toBe(1)
    expect(stderr).toMatch(/charts\/web\/templates\/web.yaml \(rendered\):\d+:\d+: .*livenessProbe/)
    expect(stderr).not.toContain("IMAGE_NOT")
  })

  test.concurrent("it renders to a release with its secrets, and not without them", async () => {
    const source = withCharts()
    const rendered = await dagger(`--source=${source.path}`, secrets, "--overlay=production", "check-plan")
    expect(rendered.exitCode, rendered.stderr).toBe(0)
    expect(rendered.stderr + rendered.stdout).not.toContain(PASSWORD)
    const refused = await dagger(`--source=${source.path}`, "check-plan")
    expect(refused.stderr).toContain("DATABASE_URL is made of DATABASE_URL, which --secrets does not give")
    const unknown = await dagger(`--source=${source.path}`, "--overlay=staging", "check-plan")
    expect(unknown.stderr).toContain("--overlay=staging: no chart has values of that environment")
  })

  test.concurrent("a chart that makes up a password each time is refused by object and field", async () => {
    const source = withCharts().edit(
      "charts/api/templates/secret.yaml",
      "\ndata:\n",
      "\ndata:\n  COOKIE_SECRET: {{ randAlphaNum 20 | b64enc }}\n",
    )
    const { exitCode, stderr } = await dagger(`--source=${source.path}`, secrets, "check-plan")
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /charts\/api\/templates\/secret.yaml \(rendered\):\d+:\d+: Secret shop-api-secrets: data.COOKIE_SECRET is another each time/,
    )
  })

  test.concurrent("a template that fails is told with Helm's own message", async () => {
    const source = withCharts().edit(
      "charts/web/templates/web.yaml",
      "{{ .Values.image.tag }}",
      "{{ required `a tag` .Values.tag }}",
    )
    const { exitCode, stderr } = await dagger(`--source=${source.path}`, secrets, "check-plan")
    expect(exitCode).toBe(1)
    expect(stderr).toContain("MANIFESTS_INVALID: the chart charts/web cannot be rendered")
    expect(stderr).toContain("web/templates/web.yaml")
    expect(stderr).toContain("a tag")
  })
})

test(
  "it is deployed to an ephemeral cluster by its .env alone, with its crds/ first and the hook as a migration",
  { tags: "slow" },
  async () => {
    const { path } = withCharts()
      .commit()
      .write(".env", `CLOUD_NATIVE_SECRETS=file:${join(folder, "prod.env")}\n`)
    const ended = await daggerIn(path, "-m", ROOT, "deploy")
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stderr).toContain("crds: created for the whole cluster, where they stay: widgets.example.com")
    // Two Services, two Deployments, and the Widget that the template makes where it sees the API.
    expect(ended.stderr).toContain("apply: 5 objects")
    expect(ended.stdout).toMatch(/migrate-\S+: ran/)
    expect(ended.stdout).toContain("Rolled once more")
    expect(ended.stderr + ended.stdout).not.toContain(PASSWORD)
  },
)

function withCharts(): Source {
  const source = Source.minimal().remove("k8s")
  cpSync(join(ROOT, "test/e2e/sources/charts"), source.path, { recursive: true })
  return source
    .edit("cloud-native.yaml", "backend:\n", `${CHARTS}backend:\n  service: shop-api\n`)
    .edit("cloud-native.yaml", "frontend:\n", "frontend:\n  service: web\n")
}
