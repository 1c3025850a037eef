import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { expect, onTestFinished, test, vi } from "vitest"
import { parse } from "yaml"

import { Config } from "../../../.dagger/src/config/schema.ts"
import { describe as describeObject } from "../../../.dagger/src/manifests/manifest.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import type { KubernetesObject, NetworkPolicy } from "../../../.dagger/src/manifests/shapes.ts"
import { closedWays, warnOfPolicies } from "../../../.dagger/src/preflight/network-policies.ts"
import { ownManifests, yamlFiles } from "../manifests/files.ts"
import { fakeKubectl } from "../release/records.ts"

const CASES = join(import.meta.dirname, "cases/network-policies")
const OWN = ownManifests().map(({ object }) => object)
const CONFIG = Config.parse({ name: "shop" })

/** The objects of one file of a case; none where it has no such file. */
const objectsOf = (name: string, file: string) =>
  parseManifests(yamlFiles(join(CASES, name)).filter(each => each.name === file)).map(({ object }) => object)
const liveOf = (name: string) => objectsOf(name, "live.yaml") as NetworkPolicy[]

/** This repository's manifests, with objects in the place of those of the same kind and name. */
function released(above: KubernetesObject[]): KubernetesObject[] {
  const names = above.map(describeObject)
  return [...OWN.filter(object => !names.includes(describeObject(object))), ...above]
}

test.each(readdirSync(CASES))(
  "a folder per case: release.yaml over this repository's manifests, live.yaml in the namespace: %s",
  name => {
    const texts = closedWays(CONFIG, released(objectsOf(name, "release.yaml")), liveOf(name), "shop")
    const expected = parse(readFileSync(join(CASES, name, "expected.yaml"), "utf8")) as string[]
    expect(texts.map(text => text.replace(/: where the cluster .*/, ""))).toEqual(expected)
  },
)

test("this repository's own policies shut nothing out", () => {
  expect(closedWays(CONFIG, OWN, [], "shop")).toEqual([])
})

test("a warning names the labels to allow", () => {
  const [dns, backend] = closedWays(CONFIG, OWN, liveOf("a-default-deny"), "shop")
  expect(dns).toContain(
    "; allow egress from pods with app.kubernetes.io/name=cloud-native-monitor to the cluster's DNS at port 53, UDP and TCP",
  )
  expect(backend).toContain(
    "; allow egress from pods with app.kubernetes.io/name=cloud-native-monitor to pods with app.kubernetes.io/name=backend at port 8000, the container's",
  )
})

test("only what the monitor and the handshake ask counts", () => {
  const asking = (to: string) => ({ handshake: [{ name: to, to, path: "/", expect: { status: 200 } }] })
  const monitored = { monitor: { requests: [{ name: "start", to: "frontend", path: "/", expect: {} }] } }
  const asked = (config: object) =>
    closedWays(Config.parse(config), OWN, liveOf("a-default-deny"), "shop").map(
      text => /Deployment \w+|DNS/.exec(text)![0],
    )
  expect(asked({ handshake: [], ...monitored })).toEqual(["DNS", "Deployment frontend"])
  expect(asked({ ...asking("backend"), ...monitored })).toEqual(["DNS", "Deployment backend", "Deployment frontend"])
})

test.each<[string, (objects: KubernetesObject[]) => KubernetesObject[]]>([
  ["without a Service of the release", objects => objects.filter(({ kind }) => kind !== "Service")],
  ["whose pods are not the release's", objects => objects.filter(({ kind }) => kind !== "Deployment")],
  [
    "whose pods have the network of their node, which no policy governs",
    objects =>
      objects.map(object => {
        const copy = structuredClone(object) as any
        if (copy.kind === "Deployment") copy.spec.template.spec.hostNetwork = true
        return copy
      }),
  ],
])("nothing is said of applications %s", (_, change) => {
  expect(
    closedWays(CONFIG, change(OWN), liveOf("a-default-deny"), "shop").filter(text => !text.includes("DNS")),
  ).toEqual([])
})

async function printed(answer: { exitCode?: number; stdout?: string; stderr?: string }): Promise<unknown[]> {
  const log = vi.spyOn(console, "log").mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  await warnOfPolicies(fakeKubectl({ get: () => answer }).kubectl, CONFIG, OWN)
  return log.mock.calls.flat()
}

test("what the namespace's policies close is a warning", async () => {
  expect(await printed({ stdout: JSON.stringify({ kind: "List", items: liveOf("a-default-deny") }) })).toEqual(
    Array(3).fill(expect.stringMatching(/^preflight: warning: NetworkPolicy default-deny: no egress /)),
  )
})

test("a caller who may not list them is told that they were not checked", async () => {
  const stderr = 'networkpolicies.networking.k8s.io is forbidden: User "deployer" cannot list resource'
  expect(await printed({ exitCode: 1, stderr })).toEqual([
    "preflight: NetworkPolicies cannot be listed: whether they shut the monitor out is not checked",
  ])
})
