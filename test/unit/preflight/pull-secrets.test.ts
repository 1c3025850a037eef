import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"

import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { Api } from "../../../.dagger/src/kubernetes/api.ts"
import type { Kubectl } from "../../../.dagger/src/kubernetes/kubectl.ts"
import {
  assertPullSecrets,
  opens,
  type Puller,
  pullersOf,
  registriesOf,
  unfit,
  withAccount,
} from "../../../.dagger/src/preflight/pull-secrets.ts"
import { formsOf } from "../../../.dagger/src/util/redact.ts"

const API = `ghcr.io/acme/api@sha256:${"0".repeat(64)}`
const puller = (pullSecrets: string[], images = [API]): Puller => ({
  object: "Deployment api",
  images,
  pullSecrets,
  serviceAccount: "api",
})

describe("a key of a pull secret", () => {
  const ECR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/api:1"
  test.each<[string, string, boolean]>([
    ...["ghcr.io", "https://ghcr.io", "ghcr.io/", "https://ghcr.io/v2/", "ghcr.io/acme", "ghcr.io/acme/api"].map(
      key => [key, "ghcr.io/acme/api:1", true] as [string, string, boolean],
    ),
    ["docker.io", "ghcr.io/acme/api:1", false],
    ["ghcr.io/other", "ghcr.io/acme/api:1", false],
    ["http://localhost:5000", "localhost:5000/api:1", true],
    ["localhost:5001", "localhost:5000/api:1", false],
    ["https://index.docker.io/v1/", "postgres:17", true],
    ["docker.io/acme", "acme/api:1", true],
    ["docker.io/acme", "postgres:17", false],
    ["*.dkr.ecr.eu-central-1.amazonaws.com", ECR, true],
    ["*.dkr.ecr.us-east-1.amazonaws.com", ECR, false],
    ["*.amazonaws.com", ECR, false],
    ["ghcrxio", "ghcr.io/acme/api:1", false],
  ])("%s opens %s: %s", (key, image, expected) => {
    expect(opens(key, image)).toBe(expected)
  })

  test.each([
    ["Docker's format", { ".dockerconfigjson": '{"auths":{"ghcr.io":{"auth":"eDp5"}}}' }, ["ghcr.io"]],
    ["its older format", { ".dockercfg": '{"https://ghcr.io":{"auth":"eDp5"}}' }, ["https://ghcr.io"]],
    ["a Secret without logins", { ".dockerconfigjson": "{}" }, []],
    ["a Secret that is not JSON", { ".dockerconfigjson": "ghcr.io" }, []],
    ["an ordinary Secret", { PASSWORD: "ghcr.io" }, []],
  ])("is read from %s", (_, secret, expected) => {
    expect(registriesOf(secret)).toEqual(expected)
  })
})

describe("what is said of pull secrets", () => {
  const password = "s3cret-of-the-registry"
  const auth = Buffer.from(`me:${password}`).toString("base64")
  const config = JSON.stringify({ auths: { "quay.io": { username: "me", password, auth } } })
  const secret = JSON.stringify({ data: { ".dockerconfigjson": Buffer.from(config).toString("base64") } })
  const leaks = (text: string) => formsOf(password).filter(form => text.includes(form))

  let server: Server
  beforeAll(async () => {
    server = createServer((request, response) =>
      request.url!.endsWith("/secrets/hub") ? response.end(secret) : response.writeHead(403).end("forbidden"),
    )
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  })
  afterAll(() => server.close())

  const pod = (pullSecret: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "api" },
    spec: { containers: [{ name: "api", image: API }], imagePullSecrets: [{ name: pullSecret }] },
  })
  const check = (pullSecret: string, ran: string[][]) => {
    const api = Api.at(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, "shop")
    const run = (args: string[]) => {
      ran.push(args)
      return Promise.resolve({ exitCode: 0, stdout: "", stderr: "" })
    }
    return assertPullSecrets({ namespace: "shop", api: () => Promise.resolve(api), run } as unknown as Kubectl, [
      pod(pullSecret),
    ])
  }

  test("has no value of them, in no form, and no command has read them", async () => {
    const ran: string[][] = []
    const said = await check("hub", ran).catch((error: Error) => error.message)
    expect(said).toMatch(/^PULL_SECRET_UNFIT[^]*Pod api pulls from ghcr.io; not for it: Secret hub/)
    expect(leaks(said!)).toEqual([])
    expect(ran.flat().filter(argument => /secret/i.test(argument))).toEqual([])
    // Each form would have been found.
    expect(leaks(config)).not.toEqual([])
    expect(leaks(Buffer.from(config).toString("base64"))).not.toEqual([])
  })

  test("is nothing where they may not be read", async () => {
    await expect(check("another", [])).resolves.toBeUndefined()
  })
})

describe("pull secrets", () => {
  test.each<[string, Puller, Record<string, string[]>, string[]]>([
    ["none: the registry may be public", puller([]), {}, []],
    ["one that opens the registry", puller(["ghcr"]), { ghcr: ["ghcr.io"] }, []],
    [
      "one that does not",
      puller(["hub"]),
      { hub: ["docker.io"] },
      ["Deployment api pulls from ghcr.io; not for it: Secret hub"],
    ],
    ["one of two", puller(["hub", "ghcr"]), { hub: ["docker.io"], ghcr: ["ghcr.io"] }, []],
    ["one that cannot be read", puller(["gone"]), {}, []],
    ["one for another image of the pod", puller(["quay"], [API, "quay.io/proxy:1"]), { quay: ["quay.io"] }, []],
  ])("%s", (_, given, registries, problems) => {
    expect(unfit([given], new Map(Object.entries(registries)))).toEqual(problems)
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
