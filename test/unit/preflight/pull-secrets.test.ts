import { describe, expect, test } from "vitest"

import {
  opensTemplate,
  type Puller,
  pullersOf,
  spellingsOf,
  unfit,
  withAccount,
} from "../../../.dagger/src/preflight/pull-secrets.ts"

const API = "ghcr.io/acme/api@sha256:0"
const puller = (pullSecrets: string[], images = [API]): Puller => ({
  object: "Deployment api",
  images,
  pullSecrets,
  serviceAccount: "api",
})
const lines = (...printed: string[]) => new Map([[API, printed]])

describe("how a registry may be written", () => {
  test.each([
    [
      "ghcr.io/acme/api@sha256:0",
      ["ghcr.io", "https://ghcr.io", "ghcr.io/", "https://ghcr.io/v2/", "ghcr.io/acme", "ghcr.io/acme/api"],
    ],
    ["localhost:5000/api:1", ["localhost:5000", "http://localhost:5000", "localhost:5000/api"]],
    ["acme/api:1", ["docker.io", "index.docker.io", "https://index.docker.io/v1/", "docker.io/acme"]],
    ["postgres:17", ["https://index.docker.io/v1/", "docker.io/library/postgres"]],
  ])("of %s", (image, some) => {
    expect(spellingsOf(image)).toEqual(expect.arrayContaining(some))
  })

  test("of another host or path is none of them", () => {
    expect(spellingsOf(API)).not.toContain("docker.io")
    expect(spellingsOf(API)).not.toContain("ghcr.io/other")
  })
})

test("the template prints nothing but the name and marks", () => {
  const { line, definitions } = opensTemplate(API)
  const printed = `${definitions}${line}`.replace(/\{\{.*?\}\}/g, "").replaceAll("\n", "")
  expect(printed.replace(/[ +?]/g, "")).toBe("")
  expect(`${definitions}${line}`.match(/\{\{\.[^}]*\}\}|\{\{(base64decode|printf|print)[^}]*\}\}/g)).toEqual([
    "{{.metadata.name}}",
  ])
})

describe("pull secrets", () => {
  test.each<[string, Puller, Map<string, string[]>, string[]]>([
    ["none: the registry may be public", puller([]), lines(), []],
    ["one that opens the registry", puller(["ghcr"]), lines("ghcr +"), []],
    ["one that does not", puller(["hub"]), lines("hub"), ["Deployment api pulls from ghcr.io; not for it: Secret hub"]],
    ["one of two", puller(["hub", "ghcr"]), lines("hub", "ghcr ++"), []],
    ["one that cannot be told", puller(["any"]), lines("any ?"), []],
    ["one that is not there: that is said elsewhere", puller(["gone"]), lines(), []],
    [
      "one for another image of the pod",
      puller(["quay"], [API, "quay.io/proxy@sha256:1"]),
      new Map([
        [API, ["quay"]],
        ["quay.io/proxy@sha256:1", ["quay +"]],
      ]),
      [],
    ],
  ])("%s", (_, given, opened, problems) => {
    expect(unfit([given], opened)).toEqual(problems)
  })

  const account = (names: string[]) => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "api" },
    imagePullSecrets: names.map(name => ({ name })),
  })
  const deployment = (spec: object) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "api" },
    spec: { template: { spec: { containers: [{ name: "api", image: API }], ...spec } } },
  })
  test.each([
    [
      "the pod's own",
      [deployment({ imagePullSecrets: [{ name: "own" }], serviceAccountName: "api" }), account(["brought"])],
      ["own"],
    ],
    [
      "the ServiceAccount's in the manifests",
      [deployment({ serviceAccountName: "api" }), account(["brought"])],
      ["brought"],
    ],
    ["the ServiceAccount's in the cluster", [deployment({ serviceAccountName: "api" }), account([])], ["there"]],
    ["the default ServiceAccount's in the cluster", [deployment({})], ["everywhere", "also"]],
  ])("are %s", (_, objects, expected) => {
    const [found] = pullersOf(objects).map(item => withAccount(item, ["api there", "default everywhere also"]))
    expect(found!.pullSecrets).toEqual(expected)
  })
})
