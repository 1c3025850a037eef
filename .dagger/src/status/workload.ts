import { z } from "zod"

import { FIELD_MANAGER } from "../kubernetes/kubectl.js"
import { leaves } from "../util/leaves.js"
import { timeOf } from "../util/time.js"
import type { RolloutFailure } from "./failure.js"
import { type Of, only, type Snapshot, type Writer } from "./snapshot.js"

/** What decides which pods a Deployment, a StatefulSet or a DaemonSet makes, and who has written it. */
export interface LiveWorkload {
  metadata: { uid: string; generation?: number; managedFields: Writer[] }
  spec: { template?: unknown; replicas?: number; paused?: boolean }
}

/** The same as the API server answered when the release was applied: with its defaults, and what webhooks have added. */
export interface AppliedWorkload {
  kind: string
  name: string
  uid: string
  generation: number
  template?: unknown
  replicas?: number
  /** Whether the manifest says how many replicas there are. */
  fixesReplicas: boolean
  paused: boolean
}

/** Changes that a failure names at most. */
const SHOWN = 5
const DIGEST = /sha256:[0-9a-f]{64}/

/**
 * What somebody else has done to a workload since it was applied, so that something else runs; undefined where nothing. A
 * read that is older than the apply tells nothing.
 */
export function changeByOther(
  applied: AppliedWorkload,
  { metadata, spec }: LiveWorkload,
  isAutoscaled: boolean,
): RolloutFailure | undefined {
  const recreated = metadata.uid !== applied.uid
  if (!recreated && (metadata.generation ?? 0) <= applied.generation) return undefined
  const [template, paused, replicas] = [
    templateChanges(applied.template, spec.template),
    !applied.paused && spec.paused ? ["spec.paused: true"] : [],
    !isAutoscaled && isScaledDown(applied, spec.replicas)
      ? [`spec.replicas: ${applied.replicas} → ${spec.replicas}`]
      : [],
  ]
  const changes = [
    ...(recreated ? ["deleted it, and created it again"] : []),
    ...template.slice(0, SHOWN),
    ...(template.length > SHOWN ? [`${template.length - SHOWN} further fields of spec.template`] : []),
    ...paused,
    ...replicas,
  ]
  if (changes.length === 0) return undefined
  const field = recreated || template.length > 0 ? "f:template" : paused.length > 0 ? "f:paused" : "f:replicas"
  return { kind: "ChangedByOther", by: writerOf(metadata.managedFields, field), changes }
}

/** Who has the pods of a workload restarted since it was applied, as `kubectl rollout restart` does by an annotation: the same ones, once more. */
export function restartByOther(applied: AppliedWorkload, { metadata, spec }: LiveWorkload): string | undefined {
  const annotations = (template: unknown) => JSON.stringify(leaves(metadataOf(template).annotations ?? {}))
  const isRestarted =
    metadata.uid === applied.uid &&
    (metadata.generation ?? 0) > applied.generation &&
    templateChanges(applied.template, spec.template).length === 0 &&
    annotations(applied.template) !== annotations(spec.template)
  return isRestarted ? writerOf(metadata.managedFields, "f:template") : undefined
}

/**
 * A pod whose image is not the one that was applied: an image can be set in a pod too. Compared by digest, so that a
 * registry's mirror is none. The digest is the pod's own, since some runtimes report that of the platform as imageID.
 */
export function otherImage(applied: AppliedWorkload, pods: Of<"Pod">[]): RolloutFailure | undefined {
  const expected = new Map(containersOf(applied.template).map(({ name, image }) => [name, digestIn(image)]))
  for (const { metadata, spec, status } of pods)
    for (const { name, image } of [...spec.initContainers, ...spec.containers]) {
      const id = [...status.initContainerStatuses, ...status.containerStatuses].find(
        item => item.name === name,
      )?.imageID
      const [wanted, found] = [expected.get(name), digestIn(image) ?? digestIn(id)]
      if (wanted && found && wanted !== found)
        return { kind: "OtherImage", pod: metadata.name, container: name, init: false, image }
    }
  return undefined
}

/** Whether an autoscaler decides how many replicas a workload has. */
export function isAutoscaled(snapshot: Snapshot, kind: string, name: string): boolean {
  return only(snapshot, "HorizontalPodAutoscaler").some(
    ({ spec: { scaleTargetRef } }) => scaleTargetRef.kind === kind && scaleTargetRef.name === name,
  )
}

/** Fewer than the manifest says, or none at all, where nothing of the release would run. More of the same are no other release. */
function isScaledDown({ replicas = 0, fixesReplicas }: AppliedWorkload, now = replicas): boolean {
  return now < replicas && (fixesReplicas || now === 0)
}

/** The fields of a pod template that differ, annotations aside; only of images are the values shown, others may be secret. */
function templateChanges(applied: unknown, live: unknown): string[] {
  const [before, now] = [applied, live].map(template => new Map(leaves(withoutAnnotations(template), "spec.template")))
  return [...new Set([...before!.keys(), ...now!.keys()])].sort().flatMap(path => {
    const [old, value] = [before!.get(path), now!.get(path)]
    if (old === value) return []
    return [path.endsWith(".image") ? `${path}: ${old ?? "none"} → ${value ?? "none"}` : path]
  })
}

const Template = z.object({
  metadata: z.looseObject({ annotations: z.unknown(), creationTimestamp: z.unknown() }).partial().prefault({}),
  spec: z
    .looseObject({
      initContainers: z.array(z.object({ name: z.string(), image: z.string().default("") })).default([]),
      containers: z.array(z.object({ name: z.string(), image: z.string().default("") })).default([]),
    })
    .prefault({}),
})

function metadataOf(template: unknown): z.infer<typeof Template>["metadata"] {
  return Template.parse(template ?? {}).metadata
}

/** Whether the containers of a manifest's template run the same images in a live one, whatever else was added to that. */
export function hasImagesOf(template: unknown, live: unknown): boolean {
  const images = new Map(containersOf(live).map(({ name, image }) => [name, image]))
  return containersOf(template).every(({ name, image }) => images.get(name) === image)
}

function containersOf(template: unknown): { name: string; image: string }[] {
  const { initContainers, containers } = Template.parse(template ?? {}).spec
  return [...initContainers, ...containers]
}

function withoutAnnotations(template: unknown): object {
  const { annotations: _, creationTimestamp: __, ...metadata } = metadataOf(template)
  return { ...(template as object | undefined), metadata }
}

function digestIn(image: string | undefined): string | undefined {
  return image?.match(DIGEST)?.[0]
}

/** Who wrote a field of the spec last, this module aside: kubectl-set (Update, 2026-11-24T16:45:00Z). */
function writerOf(writers: Writer[], field: string): string {
  const [last] = writers
    .filter(({ manager, fieldsV1 }) => manager !== FIELD_MANAGER && field in Object(fieldsV1["f:spec"]))
    .sort((a, b) => (timeOf(b.time) || 0) - (timeOf(a.time) || 0))
  return last ? `${last.manager} (${[last.operation, last.time].filter(Boolean).join(", ")})` : "somebody"
}
