import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"

import type { Kubectl } from "../../../.dagger/src/kubernetes/kubectl.ts"
import { isStale, withLease } from "../../../.dagger/src/kubernetes/lease.ts"

describe("a Lease is stale", () => {
  const now = Date.parse("2026-11-24T10:01:00Z")
  const lease = (holderIdentity: string, renewTime: string) => ({
    spec: { holderIdentity, renewTime, acquireTime: renewTime, leaseDurationSeconds: 60 },
  })

  test.for([
    ["held, renewed a moment ago", lease("me", "2026-11-24T10:00:50.000000Z"), 20, false],
    ["held, renewed just in time", lease("me", "2026-11-24T10:00:00.000000Z"), 20, false],
    [
      "held, not renewed for longer than it lasts, and not while it was watched",
      lease("me", "2026-11-24T09:59:59.000000Z"),
      20,
      true,
    ],
    [
      "held, renewed by a clock that is an hour behind: a sign of life may be about to come",
      lease("me", "2026-11-24T09:00:00.000000Z"),
      9,
      false,
    ],
    [
      "held, renewed by a clock that is an hour ahead, and not renewed for as long as it lasts",
      lease("me", "2026-11-24T11:00:00.000000Z"),
      61,
      true,
    ],
    ["held by nobody", lease("", "2026-11-24T10:00:50.000000Z"), 0, true],
    ["never renewed", lease("me", ""), 0, true],
  ] as const)("%s", ([, held, watched, stale]) => {
    expect(isStale(held, now, watched * 1000)).toBe(stale)
  })
})

describe("during a deployment", () => {
  beforeEach(
    () => void vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearInterval", "Date", "performance"] }),
  )
  afterEach(() => void vi.useRealTimers())

  /** A cluster with one Lease, at most. */
  function cluster(lease?: { spec: { holderIdentity: string } }) {
    const state = { lease }
    const run = async ([verb]: string[], stdin = "") => {
      if (verb === "create" && state.lease) return { exitCode: 1, stdout: "", stderr: "already exists" }
      if (verb === "create" || verb === "replace") state.lease = JSON.parse(stdin) as typeof state.lease
      return { exitCode: 0, stdout: "", stderr: "" }
    }
    const persist = async () => void (state.lease = undefined)
    const get = async () => state.lease && { ...state.lease, metadata: { resourceVersion: "1" } }
    const api = async () => ({ get })
    return { state, kubectl: { namespace: "shop", user: "me", run, persist, api } as unknown as Kubectl }
  }

  /** Work of a minute, that ends at once when it is told to; `disturb` is what happens meanwhile. */
  async function deployWhile(disturb: (state: ReturnType<typeof cluster>["state"]) => void) {
    const { state, kubectl } = cluster()
    const deployed = withLease(kubectl, "shop", "1", signal => {
      disturb(state)
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error))
        setTimeout(() => resolve(state.lease?.spec.holderIdentity), 60_000)
      })
    }).catch((error: unknown) => String(error))
    await vi.advanceTimersByTimeAsync(61_000)
    return { ended: await deployed, left: state.lease }
  }

  test("a Lease that is deleted is taken again", async () => {
    expect(await deployWhile(state => void (state.lease = undefined))).toEqual({
      ended: "me (deployment 1)",
      left: undefined,
    })
  })

  test("a Lease that somebody else holds ends it, by its signal, and stays theirs", async () => {
    const theirs = { spec: { holderIdentity: "you (deployment 2)", acquireTime: "2026-11-24T10:00:00Z" } }
    const { ended, left } = await deployWhile(state => void (state.lease = theirs))
    expect(ended).toMatch(
      /LOCKED: [^]*the Lease cloud-native-shop is held by you \(deployment 2\), since 2026-11-24T10:00:00Z/,
    )
    expect(left).toBe(theirs)
  })

  test("a Lease whose holder was killed is taken over once it has not been renewed for its duration", async () => {
    const renewTime = new Date().toISOString()
    const { state, kubectl } = cluster({
      spec: { holderIdentity: "you (deployment 0)", renewTime, leaseDurationSeconds: 60 },
    } as never)
    const taken: (string | undefined)[] = []
    const deployed = withLease(kubectl, "shop", "1", async () => taken.push(state.lease?.spec.holderIdentity))
    await vi.advanceTimersByTimeAsync(55_000)
    expect(taken).toEqual([])
    await vi.advanceTimersByTimeAsync(10_000)
    await deployed
    expect(taken).toEqual(["me (deployment 1)"])
  })
})
