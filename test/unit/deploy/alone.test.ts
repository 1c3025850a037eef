import { describe, expect, test } from "vitest"

import { assertAlone } from "../../../.dagger/src/deploy/alone.ts"
import type { Kubectl } from "../../../.dagger/src/kubernetes/kubectl.ts"
import type { Identity } from "../../../.dagger/src/kubernetes/object-ref.ts"
import { entry, object, record } from "../release/records.ts"

const web = object("Deployment", "web")
const OWN = { id: "20261124-100000-aaaa", inventory: [web] }

/** A namespace in which deployments of another name are under way: each time it is asked, those of the next turn. */
function namespaceWith(...turns: { id: string; holder?: string; renewTime?: string; touches?: Identity }[][]): Kubectl {
  let turn = -1
  const current = () => turns[Math.min(turn, turns.length - 1)]!
  return {
    namespace: "shop",
    api: async () => ({
      listMetadata: async () => {
        turn++
        return current().map(
          ({ id, touches = web }) => record(entry(id, "pending", [touches]), { name: "other" }).metadata,
        )
      },
      get: async () => {
        const [{ id, holder = id, renewTime = new Date().toISOString() }] = current() as [(typeof turns)[0][0]]
        const spec = {
          holderIdentity: `me (deployment ${holder})`,
          acquireTime: "",
          renewTime,
          leaseDurationSeconds: 60,
        }
        return { metadata: { resourceVersion: "1" }, spec }
      },
    }),
  } as unknown as Kubectl
}

const EARLIER = "20261124-095959-bbbb"
const LATER = "20261124-100001-bbbb"

describe("a deployment that touches what one of another name does", () => {
  const check = (kubectl: Kubectl) => assertAlone(kubectl, "shop", OWN, new AbortController().signal)

  test("gives way to one that began earlier", async () => {
    await expect(check(namespaceWith([{ id: EARLIER }]))).rejects.toThrow(
      `LOCKED: another deployment to the namespace shop is in progress, which touches the same objects\n  the deployment ${EARLIER} of the name other has in common with this one: Deployment web`,
    )
  })

  test("goes on once a later one has given way", async () => {
    await expect(check(namespaceWith([{ id: LATER }], []))).resolves.toBeUndefined()
  })

  test.each([
    ["none does", []],
    ["it touches other objects", [{ id: EARLIER, touches: object("Deployment", "api") }]],
    ["its Lease is held by another deployment, so it was killed", [{ id: EARLIER, holder: LATER }]],
  ])("goes on where %s", async (_, others) => {
    await expect(check(namespaceWith(others))).resolves.toBeUndefined()
  })
})
