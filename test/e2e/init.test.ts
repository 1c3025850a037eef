import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

import { afterAll, describe, expect, test } from "vitest"

import { run } from "../lab/process.ts"
import { dagger, daggerIn, ROOT } from "./dagger.ts"
import { Source } from "./source.ts"

const { DAGGER } = process.env
const isSource = (from: string) => !/\/(node_modules|\.next|\.venv|__pycache__)$/.test(from)

const folder = mkdtempSync(join(tmpdir(), "cloud-native-init-"))

afterAll(() => rmSync(folder, { recursive: true }))

/** A repository with these files; `sample` adds the sample's applications, where the conventions have them. */
function repository(files: Record<string, string>, sample = false): string {
  const path = mkdtempSync(join(folder, "repository-"))
  for (const app of sample ? ["backend", "frontend"] : [])
    cpSync(join(ROOT, "test/app", app), join(path, app), { recursive: true, filter: isSource })
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), content)
  }
  return path
}

const init = (path: string) => daggerIn(path, "-m", ROOT, "--auto-apply", "--source=.", "init")

describe("init", () => {
  test.concurrent("gives a repository of two applications all that the pipeline needs", async () => {
    const path = repository({}, true)
    const ended = await init(path)
    expect(ended.exitCode, ended.stderr).toBe(0)
    for (const name of [
      "docker/backend.dockerfile",
      "k8s/deployment.yaml",
      "k8s/overlays/production/ingress.yaml",
      ".github/workflows/deploy.yml",
    ])
      expect(existsSync(join(path, name)), name).toBe(true)

    const checked = await dagger(`--source=${path}`, "check-manifests")
    expect(checked.exitCode, checked.stderr).toBe(0)
    const verified = await dagger(`--source=${path}`, "verify-image", "summary")
    expect(verified.exitCode, verified.stderr).toBe(0)

    // Once more there is nothing to do.
    const again = await daggerIn(path, "-m", ROOT, "--source=.", "init", "is-empty")
    expect(again.stdout, again.stderr).toBe("true")
  })

  test.concurrent("leaves what is there as it is, and mixes no manifests into those of others", async () => {
    const own = {
      "cloud-native.yaml": "name: shop\n",
      "k8s/shop.yaml": "# mine\n",
      "docker/backend.dockerfile": "# mine\n",
      ".github/workflows/deploy.yml": "# mine\n",
    }
    const path = repository({ ...own, "backend/main.py": "", "frontend/main.js": "" })
    const ended = await init(path)
    expect(ended.exitCode, ended.stderr).toBe(0)
    for (const [name, content] of Object.entries(own)) expect(readFileSync(join(path, name), "utf8")).toBe(content)
    expect(existsSync(join(path, "docker/frontend.dockerfile"))).toBe(true)
    expect(existsSync(join(path, "frontend/static-files.cjs"))).toBe(true)
    expect(existsSync(join(path, "k8s/deployment.yaml"))).toBe(false)
  })

  test.concurrent("gives nothing where the repository has its own elsewhere", async () => {
    const path = repository({ "cloud-native.yaml": "manifests: kubernetes\nbackend: { dockerfile: api/Dockerfile }\n" })
    const ended = await init(path)
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(readdirSync(path).sort()).toEqual([".github", "cloud-native.yaml", "docker", "frontend"])
    expect(readdirSync(join(path, "docker"))).toEqual(["frontend.dockerfile"])
    // What that Dockerfile loads.
    expect(readdirSync(join(path, "frontend"))).toEqual(["static-files.cjs"])
  })
})

// Only the real engine's CLI installs modules.
test.runIf(DAGGER)(
  "in another repository: installed, asked for help, and called for what the repository lacks",
  async () => {
    const path = repository({}, true)
    for (const part of ["dagger.json", ".dagger"])
      cpSync(join(ROOT, part), join(path, "module", part), { recursive: true, filter: isSource })
    const inside = (...argv: string[]) => run(argv, { cwd: path })
    await inside("git", "init", "--quiet")
    const is1 = (await inside(DAGGER!, "version")).stdout.startsWith("dagger v1")
    for (const command of is1 ? ["install ./module"] : ["init", "toolchain install ./module"])
      await inside(DAGGER!, ...command.split(" "))
    expect((await inside(DAGGER!, "call", "cloud-native", "--help")).stdout).toMatch(/^ *check-manifests /m)

    const ended = await daggerIn(path, "-y", "cloud-native", "init")
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(existsSync(join(path, "k8s/deployment.yaml"))).toBe(true)
  },
)

describe("an overlay", () => {
  test.concurrent("is checked as what it makes of the manifests", async () => {
    const source = Source.sample().edit(
      "k8s/overlays/production/kustomization.yaml",
      "  - ingress.yaml",
      "  - ingress.yaml\npatches:\n  - target: { kind: Deployment, name: backend }\n    patch: '[{ op: replace, path: /spec/strategy/rollingUpdate/maxUnavailable, value: 1 }]'",
    )
    const ended = await dagger(`--source=${source.path}`, "check-manifests")
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["MANIFESTS_INVALID", "overlays/production", "maxUnavailable"])
      expect(ended.stderr).toContain(text)
  })

  test.concurrent(
    "says how an image is run to be verified, where there are no other manifests",
    { tags: "slow" },
    async () => {
      const source = Source.minimal()
        .edit("api/main.py", "server = Server", 'import os\n\nprint(os.environ["GREETING"])\nserver = Server')
        .edit("k8s/app.yaml", "readinessProbe", "env: [{ name: GREETING, value: hello }]\n          readinessProbe")
      mkdirSync(join(source.path, "k8s/overlays/production"), { recursive: true })
      renameSync(join(source.path, "k8s/app.yaml"), join(source.path, "k8s/overlays/production/app.yaml"))
      source.write("k8s/overlays/production/kustomization.yaml", "resources: [app.yaml]\n")
      const ended = await dagger(`--source=${source.path}`, "verify-image", "json", "contents")
      expect(ended.exitCode, ended.stderr).toBe(0)
      const { facts } = JSON.parse(ended.stdout) as { facts: object[] }
      expect(facts).toContainEqual(expect.objectContaining({ image: "backend", name: "start", verdict: "pass" }))
    },
  )

  test.concurrent("that cannot be rendered: what kustomize says", async () => {
    const source = Source.sample().edit(
      "k8s/overlays/staging/kustomization.yaml",
      "../../hpa.yaml",
      "../../no-such-file.yaml",
    )
    const ended = await dagger(`--source=${source.path}`, "check-manifests")
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of [
      "MANIFESTS_INVALID",
      "the kustomization in overlays/staging cannot be rendered",
      "no-such-file.yaml",
    ])
      expect(ended.stderr).toContain(text)
  })
})
