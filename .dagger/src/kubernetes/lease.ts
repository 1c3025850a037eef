import { setTimeout as sleep } from "node:timers/promises"

import { z } from "zod"

import { CloudNativeError } from "../util/errors.js"
import type { Kubectl } from "./kubectl.js"

/** Seconds without a renewal after which the Lease's holder counts as dead. */
const DURATION = 60
/** Milliseconds between two signs of life. */
const RENEWAL = 10_000
/** Milliseconds between renewals of a live holder. */
const SIGHT = 1.5 * RENEWAL

const Lease = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  spec: z.object({
    holderIdentity: z.string().default(""),
    acquireTime: z.string().default(""),
    renewTime: z.string().default(""),
    leaseDurationSeconds: z.number().default(DURATION),
  }),
})
type Lease = z.infer<typeof Lease>

/**
 * Do what only one deployment of a name and namespace may do at a time; throws LOCKED, naming the Lease's holder, if another
 * one does. The signal aborts once somebody else holds the Lease.
 */
export async function withLease<T>(
  kubectl: Kubectl,
  name: string,
  id: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lock = new Lock(kubectl, leaseOf(name), `${kubectl.user} ${deploymentOf(id)}`)
  await lock.acquire()
  const { signal, stop } = lock.keep()
  try {
    return await work(signal)
  } finally {
    await stop()
    await lock.release()
  }
}

/** The last sign of life (in ISO 8601) of a deployment that holds the Lease of its name; undefined where it does not. */
export async function lastSignOf(
  kubectl: Kubectl,
  name: string,
  id: string,
): Promise<{ at: string; isAlive: boolean } | undefined> {
  const read = async () => (await kubectl.api()).get("leases", leaseOf(name), Lease)
  const isHolder = (lease: Lease | undefined) => lease?.spec.holderIdentity.endsWith(deploymentOf(id))
  const held = await read()
  if (!held || !isHolder(held)) return undefined
  const { renewTime, leaseDurationSeconds } = held.spec
  const begun = performance.now()
  for (let current: Lease | undefined = held; current && isHolder(current); current = await read()) {
    const isRenewed = current.metadata.resourceVersion !== held.metadata.resourceVersion
    // A holder whose clock is behind is known by its renewal.
    if (isRenewed || Date.now() - Date.parse(renewTime) <= leaseDurationSeconds * 1000)
      return { at: current.spec.renewTime, isAlive: true }
    if (isStale(current, Date.now(), performance.now() - begun)) return { at: renewTime, isAlive: false }
    await sleep(1000)
  }
  return undefined
}

const leaseOf = (name: string) => `cloud-native-${name}`
const deploymentOf = (id: string) => `(deployment ${id})`

/**
 * A holder is dead if no renewal was seen for the Lease's duration. The holder's clock may differ from this one, so an old renewal
 * shortens the time for which the Lease is watched (in milliseconds), but never replaces it.
 */
export function isStale({ spec }: Pick<Lease, "spec">, now: number, watched: number): boolean {
  const renewed = Date.parse(spec.renewTime)
  if (!spec.holderIdentity || Number.isNaN(renewed)) return true
  const duration = spec.leaseDurationSeconds * 1000
  return watched > (now - renewed > duration ? SIGHT : duration)
}

class Lock {
  constructor(
    private readonly kubectl: Kubectl,
    private readonly name: string,
    private readonly holder: string,
  ) {}

  /** Take the Lease. If another holds it, wait for a renewal: without one, that holder was killed. */
  async acquire(): Promise<void> {
    const held = await this.createUnlessHeld()
    if (!held) return
    const holder = held.spec.holderIdentity || "nobody"
    if (!isStale(held, Date.now(), 0))
      console.log(`lock: held by ${holder}; waiting for a sign of life, or the lack of one for ${DURATION} s`)
    const stale = await this.untilStale(held)
    if (!stale) return this.acquire()
    if (!(await this.replace(stale, now()))) throw this.locked((await this.read()) ?? stale)
    console.log(`lock: taken over from ${holder}, of whom nothing was heard for ${DURATION} s`)
  }

  /** The Lease as another one has it; undefined where it is ours now. */
  private async createUnlessHeld(): Promise<Lease | undefined> {
    const create = ["create", "--filename=-"]
    if ((await this.kubectl.run(create, JSON.stringify(this.lease(now())))).exitCode === 0) return undefined
    const held = await this.read()
    if (!held) await this.kubectl.must(create, JSON.stringify(this.lease(now())))
    return held
  }

  /** The Lease once it is stale; undefined once it is gone. */
  private async untilStale(held: Lease): Promise<Lease | undefined> {
    const begun = performance.now()
    for (let current: Lease | undefined = held; current; current = await this.read()) {
      if (current.metadata.resourceVersion !== held.metadata.resourceVersion) throw this.locked(current)
      if (isStale(current, Date.now(), performance.now() - begun)) return current
      await sleep(1000)
    }
    return undefined
  }

  /**
   * Renew the Lease now and then; `signal` aborts when somebody else holds it. `stop` resolves after the last renewal: a Lease
   * must not be created after its release.
   */
  keep(): { signal: AbortSignal; stop: () => Promise<void> } {
    const lost = new AbortController()
    const acquired = now()
    let last = Promise.resolve()
    const timer = setInterval(() => {
      // An API server that is away for a moment takes the Lease from nobody.
      last = last
        .then(() => this.renew(acquired))
        .then(
          holder => {
            if (holder) lost.abort(this.locked(holder))
          },
          () => undefined,
        )
    }, RENEWAL)
    return { signal: lost.signal, stop: () => (clearInterval(timer), last) }
  }

  /** Renew the Lease where it is ours, take it again where it is gone; answers with it where somebody else holds it. */
  private async renew(acquireTime: string): Promise<Lease | undefined> {
    const current = await this.read()
    if (!current) {
      console.log(`lock: the Lease ${this.name} is gone; it is taken again`)
      await this.kubectl.run(["create", "--filename=-"], JSON.stringify(this.lease(acquireTime)))
      return undefined
    }
    if (current.spec.holderIdentity !== this.holder) return current
    await this.replace(current, acquireTime)
    return undefined
  }

  async release(): Promise<void> {
    const current = await this.read().catch(() => undefined)
    if (current?.spec.holderIdentity === this.holder)
      await this.kubectl.persist(["delete", "lease", this.name, "--ignore-not-found", "--wait=false"])
  }

  private async read(): Promise<Lease | undefined> {
    return (await this.kubectl.api()).get("leases", this.name, Lease)
  }

  /** Whether it is ours now: with the version that was read, only one of two who try succeeds. */
  private async replace(current: Lease, acquireTime: string): Promise<boolean> {
    const lease = this.lease(acquireTime, current.metadata.resourceVersion)
    return (await this.kubectl.run(["replace", "--filename=-"], JSON.stringify(lease))).exitCode === 0
  }

  private lease(acquireTime: string, resourceVersion?: string): object {
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: this.name, labels: { "app.kubernetes.io/managed-by": "cloud-native" }, resourceVersion },
      spec: { holderIdentity: this.holder, acquireTime, renewTime: now(), leaseDurationSeconds: DURATION },
    }
  }

  private locked(current: Lease): CloudNativeError {
    return new CloudNativeError({
      code: "LOCKED",
      blame: "environment",
      what: `another deployment to the namespace ${this.kubectl.namespace} is in progress`,
      why: `the Lease ${this.name} is held by ${current.spec.holderIdentity || "nobody"}, since ${current.spec.acquireTime}`,
      fix: `wait until it has ended, then deploy again; one that was killed loses its Lease ${DURATION} s later`,
    })
  }
}

/** MicroTime, as Leases have it. */
function now(): string {
  return new Date().toISOString().replace("Z", "000Z")
}
