import type { Secret, Service } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { Config } from "../../../.dagger/src/config/schema.ts"
import { completeForEphemeral, type Elsewhere, mirrorsOf } from "../../../.dagger/src/ephemeral/deploy.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import type { ReleaseInputs } from "../../../.dagger/src/release/inputs.ts"

const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: both }
spec: { template: { spec: { containers: [{ name: backend, image: backend }, { name: frontend, image: frontend }] } } }
`
const planned = async (): Promise<ReleaseInputs> => ({
  config: Config.parse({}),
  manifests: parseManifests([{ name: "app.yaml", text: MANIFESTS }]),
  crds: [],
  publicUrl: "http://localhost:3000",
})
const complete = (registry?: Elsewhere) => completeForEphemeral(planned(), registry)

test("the monitor of an ephemeral cluster does not ask what runs at the public URL", async () => {
  const config = Config.parse({ monitor: { outside: true, caConfigMap: "company-ca" } })
  const inputs = { ...(await planned()), config }
  const { monitor } = (await completeForEphemeral(Promise.resolve(inputs))).config
  expect([monitor.outside, monitor.caConfigMap]).toEqual([false, undefined])
})

describe("the nodes of an ephemeral cluster", () => {
  const password = { plaintext: async () => "a token" } as unknown as Secret
  const service = {} as Service

  test("pull from a registry elsewhere with the login to it", async () => {
    expect(await complete({ host: "ghcr.io", access: { username: "me", password } })).toMatchObject({
      registryLogin: { host: "ghcr.io", username: "me", password: "a token" },
    })
  })

  test("pull without one from a registry that is open, and from the cluster's own", async () => {
    for (const registry of [
      undefined,
      { host: "ghcr.io", access: {} },
      { host: "localhost:5000", access: { service } },
    ]) {
      expect((await complete(registry)).registryLogin).toBeUndefined()
    }
  })

  test("cannot pull from this machine's registry without a way to it", async () => {
    await expect(complete({ host: "localhost:5001", access: {} })).rejects.toThrow(
      /ARGUMENTS_INVALID: .*localhost:5001[^]*add --registry-service=tcp:\/\/localhost:5001/,
    )
  })

  test("find this machine's registry at its service, by whatever name references have", () => {
    const [backend, frontend] = ["localhost:5001/a/backend", "127.0.0.1:5001/frontend"].map(
      name => `${name}@sha256:${"0".repeat(64)}`,
    )
    const endpoint = ["http://registry:7000"]
    expect(mirrorsOf({ backend: backend!, frontend: frontend! }, 7000)).toEqual({
      mirrors: { "localhost:5001": { endpoint }, "127.0.0.1:5001": { endpoint } },
    })
  })
})
