import { afterEach, describe, expect, test, vi } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { assertRepositories } from "../../../.dagger/src/preflight/repositories.js"
import { RegistryClient, ToolFailed } from "../../../.dagger/src/registry/client.js"
import { parseRegistry } from "../../../.dagger/src/registry/reference.js"

const HOST = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
const UNKNOWN = "Error response from registry: name unknown"
const config = parseConfig("name: shop\napplications: { worker: {} }", "cloud-native.yaml")

/** A registry that refuses to list the tags of some repositories, by their names. */
function registry(refusals: Record<string, string>) {
  const run = async (_: unknown, args: string[]) => {
    const refusal = refusals[args.at(-1)!.slice(`${HOST}/`.length)]
    if (refusal) throw new ToolFailed(1, refusal)
    return ""
  }
  const client = { run, seen: (reference: string) => reference, plainHttp: false } as unknown as RegistryClient
  return vi.spyOn(RegistryClient, "open").mockResolvedValue(client)
}

describe("the repositories that images are pushed to", () => {
  afterEach(() => void vi.restoreAllMocks())
  const assert = (path: string) => assertRepositories(parseRegistry(path), config, {})

  test("are refused where Amazon ECR knows none of the name, all at once", async () => {
    registry({ "acme/shop-backend": UNKNOWN, "acme/shop-worker": UNKNOWN })
    await expect(assert(`${HOST}/acme`)).rejects.toMatchObject({
      code: "REPOSITORY_MISSING",
      blame: "user",
      what: `${HOST} has no repository acme/shop-backend, acme/shop-worker`,
      fix: "create them: aws ecr create-repository --repository-name acme/shop-backend --region eu-central-1; aws ecr create-repository --repository-name acme/shop-worker --region eu-central-1",
    })
  })
  test("are refused in the root of a registry too", async () => {
    registry({ "shop-frontend": UNKNOWN })
    await expect(assert(HOST)).rejects.toMatchObject({
      what: `${HOST} has no repository shop-frontend`,
      fix: "create it: aws ecr create-repository --repository-name shop-frontend --region eu-central-1",
    })
  })
  test("are accepted where they exist, or where the registry does not say, which is logged", async () => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    registry({
      "acme/shop-backend": "Error response from registry: denied: not authorized to perform: ecr:ListImages",
      "acme/shop-frontend": "no answer within 120 s",
    })
    await expect(assert(`${HOST}/acme`)).resolves.toBeUndefined()
    expect(log.mock.calls.flat()).toEqual([
      expect.stringMatching(/shop-backend is not checked: .*ecr:ListImages$/),
      expect.stringMatching(/shop-frontend is not checked: no answer within 120 s$/),
    ])
  })
  test.each(["ghcr.io/acme", "docker.io/acme", "localhost:5000"])("are not asked for in %s", async path => {
    const open = registry({})
    await assert(path)
    expect(open).not.toHaveBeenCalled()
  })
})
