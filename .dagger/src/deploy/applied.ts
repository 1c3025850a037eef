import { z } from "zod"

import { APPLY, type Kubectl, list } from "../kubernetes/kubectl.js"
import { readPrinted } from "../kubernetes/printed.js"
import { isWorkload } from "../manifests/kinds.js"
import type { KubernetesObject } from "../manifests/render.js"
import { deploymentIn, readRollout } from "../status/deployment.js"
import type { RolloutFailure } from "../status/failure.js"
import { PATIENT } from "../status/pod.js"
import type { SETS } from "../status/pod-sets.js"
import { readSetState } from "../status/read-set.js"
import type { Of, Snapshot } from "../status/snapshot.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import {
  type AppliedWorkload,
  changeByOther,
  isAutoscaled,
  type LiveWorkload,
  otherImage,
  restartByOther,
} from "../status/workload.js"
import { readShape } from "../util/json.js"

const Workload = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), uid: z.string(), generation: z.number() }),
  spec: z.object({
    template: z.unknown().optional(),
    replicas: z.number().optional(),
    paused: z.boolean().default(false),
  }),
})
const Printed = z.looseObject({ kind: z.string() })

/** A workload that is no longer as it was applied. */
export interface ChangedWorkload {
  kind: string
  name: string
  failure: RolloutFailure
}

/** The workloads of a release as the API server answered when they were applied: a rollout is complete only while they are so. */
export class AppliedWorkloads {
  private readonly workloads = new Map<string, AppliedWorkload>()
  /** Those that were seen since: what was not, may be missing in an older read. */
  private readonly seen = new Set<string>()
  /** Those that were to be applied: of what was refused, a part may be there. */
  private readonly intended = new Set<string>()
  /** When objects were applied last, in milliseconds since 1970 by the cluster's clock. */
  at = 0

  async apply(kubectl: Kubectl, objects: KubernetesObject[]): Promise<void> {
    if (objects.length === 0) return
    this.intend(objects)
    const answer = await kubectl.must([...APPLY, "--filename=-", "--output=json"], list(objects))
    this.at = await kubectl.now()
    for (const workload of parseApplied(answer, objects)) this.workloads.set(keyOf(workload), workload)
  }

  /** Note what is going to be applied. */
  intend(objects: KubernetesObject[]): void {
    for (const { kind, metadata } of objects) this.intended.add(keyOf({ kind, name: metadata.name }))
  }

  /** Whether an object was applied, or was going to be. */
  intends({ kind, name }: Pick<AppliedWorkload, "kind" | "name">): boolean {
    return this.intended.has(keyOf({ kind, name }))
  }

  /** What somebody else has done to a workload since, as it is read, with those of its pods that are of this release. */
  failureOf(
    { kind, name }: Pick<AppliedWorkload, "kind" | "name">,
    live: LiveWorkload | undefined,
    snapshot: Snapshot,
    pods: Of<"Pod">[] = [],
  ): RolloutFailure | undefined {
    const key = keyOf({ kind, name })
    const applied = this.workloads.get(key)
    if (!applied) return undefined
    if (!live) return this.seen.has(key) ? { kind: "DeletedByOther" } : undefined
    this.seen.add(key)
    return changeByOther(applied, live, isAutoscaled(snapshot, kind, name)) ?? otherImage(applied, pods)
  }

  /** Who has had its pods restarted since. */
  restartOf(
    { kind, name }: Pick<AppliedWorkload, "kind" | "name">,
    live: LiveWorkload | undefined,
  ): string | undefined {
    const applied = this.workloads.get(keyOf({ kind, name }))
    return applied && live && restartByOther(applied, live)
  }

  /** All that are no longer as they were applied. */
  async changed(kubectl: Kubectl): Promise<ChangedWorkload[]> {
    if (this.workloads.size === 0) return []
    const snapshot = await takeSnapshot(kubectl)
    const now = await kubectl.now()
    const read = await Promise.all(
      [...this.workloads.values()].map(async ({ kind, name }) => {
        const isDeployment = kind === "Deployment"
        const live = isDeployment
          ? deploymentIn(snapshot, name)
          : (await readSetState(kubectl, kind as keyof typeof SETS, name))?.live
        const pods = isDeployment ? readRollout(snapshot, name, now, PATIENT).pods : []
        const failure = this.failureOf({ kind, name }, live, snapshot, pods)
        return failure ? [{ kind, name, failure }] : []
      }),
    )
    return read.flat()
  }
}

/** The workloads in what kubectl printed of the objects that it applied. */
export function parseApplied(text: string, objects: KubernetesObject[]): AppliedWorkload[] {
  const source = "what kubectl prints of the objects that it applied"
  return readPrinted(Printed, text, source)
    .filter(({ kind }) => isWorkload(kind))
    .map(object => {
      const { kind, metadata, spec } = readShape(Workload, object, source)
      const { name, uid, generation } = metadata
      const manifest = objects.find(object => object.kind === kind && object.metadata.name === name)
      return { kind, name, uid, generation, ...spec, fixesReplicas: hasReplicas(manifest?.spec) }
    })
}

function hasReplicas(spec: unknown): boolean {
  return typeof spec === "object" && spec !== null && "replicas" in spec
}

function keyOf({ kind, name }: Pick<AppliedWorkload, "kind" | "name">): string {
  return `${kind} ${name}`
}
