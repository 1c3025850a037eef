// Repositories of others, deployed to the lab's cluster one after the other.
import { join } from "node:path"

import { afterAll, beforeAll, expect, test } from "vitest"

import { kubectl as kubectlOn } from "../lab/kubectl.ts"
import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { createNamespace } from "../target/target.ts"
import { dagger, ROOT } from "./dagger.ts"

let lab: Lab
beforeAll(async () => {
  lab = await temporaryLab({ name: `examples-${process.pid}` })
  for (const namespace of ["shop", "shop-next", "market"]) await createNamespace(lab, namespace)
})
afterAll(() => labDown(lab?.name))

const example = (name: string, ...args: string[]) => dagger(`--source=${join(ROOT, "examples", name)}`, ...args)
const cluster = () => [`--registry=${lab.registry}`, `--kubeconfig=file:${lab.kubeconfig}`]

test("an existing repository: its own Dockerfiles, manifests and names", async () => {
  const checked = await example("existing-repository", "check-manifests")
  expect(checked.exitCode, checked.stderr).toBe(0)
  const ended = await example("existing-repository", "deploy", ...cluster())
  expect(ended.exitCode, ended.stderr).toBe(0)
  expect(ended.stdout).toMatch(/backend +2 +2 +0/)
  expect(ended.stdout).toContain("100.000 % answered as expected")
  expect(await images("shop")).toEqual({
    "shop-api": expect.stringContaining("/shop-backend@sha256:"),
    "shop-web": expect.stringContaining("/shop-frontend@sha256:"),
  })
})

test("pushed images go to the next environment by digest, with manifests from outside the source", async () => {
  const pushed = await images("shop")
  const ended = await example(
    "existing-repository",
    "release",
    `--backend=${pushed["shop-api"]}`,
    `--frontend=${pushed["shop-web"]}`,
    `--registry-service=tcp://${lab.registry}`,
    "deploy",
    `--kubeconfig=file:${lab.kubeconfig}`,
    "--namespace=shop-next",
    `--manifests=${join(ROOT, "examples/existing-repository/kubernetes")}`,
  )
  expect(ended.exitCode, ended.stderr).toBe(0)
  expect(ended.stderr).not.toContain("build: backend")
  expect(await images("shop-next")).toEqual(pushed)
})

test("a monorepo: another layout, deployed by the overlay of an environment", async () => {
  const url = "https://market.example.com"
  const login = ["--username=robot", "--password=cmd:echo of-the-robot", "--create-pull-secret"]
  const ended = await example(
    "monorepo",
    "deploy",
    ...cluster(),
    ...login,
    "--overlay=overlays/production",
    `--public-url=${url}`,
  )
  expect(ended.exitCode, ended.stderr).toBe(0)
  expect(Object.keys(await images("market"))).toEqual(["catalog", "storefront"])
  expect(
    await kubectl(
      "market",
      "get",
      "ingress",
      "storefront",
      "--output=jsonpath={.spec.rules[0].host} {.metadata.annotations.example\\.com/owner}",
    ),
  ).toBe("market.example.com market-team")
  const [pullSecret] = JSON.parse(
    await kubectl("market", "get", "deployment", "catalog", "--output=jsonpath={.spec.template.spec.imagePullSecrets}"),
  ) as { name: string }[]
  expect(await kubectl("market", "get", "secret", pullSecret!.name, "--output=jsonpath={.type}")).toBe(
    "kubernetes.io/dockerconfigjson",
  )
  expect(ended.stdout + ended.stderr).not.toContain("of-the-robot")

  const none = await example("monorepo", "deploy", ...cluster(), "--overlay=overlays/staging")
  expect(none.exitCode, none.stderr).toBe(1)
  for (const text of ["ARGUMENTS_INVALID", "--overlay=overlays/staging", "they have overlays/production"])
    expect(none.stderr).toContain(text)
})

const kubectl = (namespace: string, ...args: string[]) => kubectlOn(lab, [`--namespace=${namespace}`, ...args])

/** The image that each Deployment runs. */
async function images(namespace: string): Promise<Record<string, string>> {
  const { items } = JSON.parse(await kubectl(namespace, "get", "deployments", "--output=json")) as {
    items: Deployment[]
  }
  return Object.fromEntries(items.map(({ metadata, spec }) => [metadata.name, spec.template.spec.containers[0]!.image]))
}

interface Deployment {
  metadata: { name: string }
  spec: { template: { spec: { containers: { image: string }[] } } }
}
