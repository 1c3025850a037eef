import { z } from "zod"

import { timeOf } from "../util/time.js"

const Owner = z.object({ uid: z.string(), kind: z.string().default(""), name: z.string().default("") })
const metadata = z.object({
  name: z.string(),
  uid: z.string(),
  generation: z.number().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  ownerReferences: z.array(Owner).default([]),
  creationTimestamp: z.string().nullish(),
  /** When its grace ends, and the seconds of that grace. */
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.number().default(0),
})

const Condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().default(""),
  lastTransitionTime: z.string().nullish(),
})
const conditions = z.array(Condition).default([])

/** Somebody who has written fields of an object, as its managedFields say. */
const Writer = z.object({
  manager: z.string().default(""),
  operation: z.string().default(""),
  time: z.string().nullish(),
  fieldsV1: z.record(z.string(), z.unknown()).default({}),
})
export type Writer = z.infer<typeof Writer>
export const Writers = z.array(Writer).default([])

const Deployment = z.object({
  kind: z.literal("Deployment"),
  metadata: metadata.extend({ managedFields: Writers }),
  spec: z.object({
    replicas: z.number().default(1),
    paused: z.boolean().default(false),
    template: z.unknown().optional(),
  }),
  status: z.object({
    observedGeneration: z.number().default(0),
    replicas: z.number().default(0),
    updatedReplicas: z.number().default(0),
    availableReplicas: z.number().default(0),
    conditions,
  }),
})

/** What its pods are made from, before anything is injected into them. */
const Template = z.object({
  spec: z.object({ containers: z.array(z.object({ name: z.string() })).default([]) }).prefault({}),
})

const ReplicaSet = z.object({
  kind: z.literal("ReplicaSet"),
  metadata,
  spec: z.object({ template: Template.prefault({}) }).prefault({}),
  status: z.object({ conditions }).optional(),
})

const Terminated = z.object({
  exitCode: z.number(),
  reason: z.string().optional(),
  message: z.string().default(""),
  startedAt: z.string().nullish(),
  finishedAt: z.string().nullish(),
})
const ContainerStatus = z.object({
  name: z.string(),
  /** As the pod's spec names it. */
  image: z.string().default(""),
  imageID: z.string().default(""),
  ready: z.boolean().default(false),
  /** Whether it has passed its startup probe; true where it has none. */
  started: z.boolean().default(false),
  restartCount: z.number().default(0),
  state: z
    .object({
      waiting: z.object({ reason: z.string().default(""), message: z.string().default("") }).optional(),
      running: z.object({ startedAt: z.string().nullish() }).optional(),
      terminated: Terminated.optional(),
    })
    .default({}),
  lastState: z.object({ terminated: Terminated.optional() }).default({}),
})

/** The API server fills in what a manifest leaves out; the defaults here are Kubernetes' own. */
const Probe = z.object({
  initialDelaySeconds: z.number().default(0),
  periodSeconds: z.number().default(10),
  timeoutSeconds: z.number().default(1),
  failureThreshold: z.number().default(3),
})
export type Probe = z.infer<typeof Probe>

const Container = z.object({
  name: z.string(),
  image: z.string().default(""),
  startupProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
})

const Pod = z.object({
  kind: z.literal("Pod"),
  metadata,
  spec: z
    .object({
      initContainers: z.array(Container).default([]),
      containers: z.array(Container).default([]),
      restartPolicy: z.enum(["Always", "OnFailure", "Never"]).default("Always"),
      /** Names of the Secrets that its containers get. */
      secrets: z.array(z.string()).default([]),
    })
    .prefault({}),
  status: z.object({
    phase: z.string().default("Pending"),
    /** Why it ended as a whole, as Evicted; unset for most. */
    reason: z.string().optional(),
    message: z.string().optional(),
    /** The node that the scheduler clears for it. */
    nominatedNodeName: z.string().default(""),
    conditions,
    initContainerStatuses: z.array(ContainerStatus).default([]),
    containerStatuses: z.array(ContainerStatus).default([]),
  }),
})

const Job = z.object({
  kind: z.literal("Job"),
  metadata,
  spec: z.object({
    template: Template,
    completions: z.number().default(1),
    /** How many of its pods may fail. */
    backoffLimit: z.number().default(6),
    podFailurePolicy: z.object({}).optional(),
  }),
  status: z.object({ conditions }).default({ conditions: [] }),
})

const HorizontalPodAutoscaler = z.object({
  kind: z.literal("HorizontalPodAutoscaler"),
  metadata,
  spec: z.object({
    minReplicas: z.number().default(1),
    scaleTargetRef: z.object({ kind: z.string(), name: z.string() }),
  }),
  status: z.object({ conditions }).default({ conditions: [] }),
})

const Event = z.object({
  kind: z.literal("Event"),
  involvedObject: z.object({
    name: z.string().default(""),
    uid: z.string().default(""),
    /** For an event of a container: `spec.containers{NAME}`. */
    fieldPath: z.string().default(""),
  }),
  type: z.string().default("Warning"),
  reason: z.string().default(""),
  message: z.string().default(""),
  /** How often it came. */
  count: z.number().default(1),
  firstTimestamp: z.string().nullish(),
  lastTimestamp: z.string().nullish(),
})

const Node = z.object({
  kind: z.literal("Node"),
  metadata: z.object({ name: z.string().default("") }).prefault({}),
  /** Where it came from, as `aws:///eu-west-1a/i-0a1b`; empty where nothing has ordered it. */
  spec: z.object({ providerID: z.string().default("") }).prefault({}),
  status: z.object({ conditions }).prefault({}),
})

export const Item = z.discriminatedUnion("kind", [
  Deployment,
  ReplicaSet,
  Pod,
  Job,
  HorizontalPodAutoscaler,
  Event,
  Node,
])
export type Item = z.infer<typeof Item>

export const Snapshot = z.object({ items: z.array(Item) })
export type Snapshot = z.infer<typeof Snapshot>

export type Of<Kind extends Item["kind"]> = Extract<Item, { kind: Kind }>

export type ContainerStatus = z.infer<typeof ContainerStatus>

/** The items of one kind. */
export function only<Kind extends Item["kind"]>(snapshot: Snapshot, kind: Kind): Of<Kind>[] {
  return snapshot.items.filter((item): item is Of<Kind> => item.kind === kind)
}

/** Whether an item is there for another one, by the uid of that one. */
export function isOwnedBy({ metadata }: { metadata: { ownerReferences: { uid: string }[] } }, uid: string): boolean {
  return metadata.ownerReferences.some(owner => owner.uid === uid)
}

/** Milliseconds by which an event may be dated before the object that it is about: both are written in whole seconds. */
const PRECISION = 1000

/** The events about an object, and not about an earlier one of the same name, as a StatefulSet's pod. */
export function eventsOf(
  { metadata: { name, uid, creationTimestamp } }: Pick<Of<"Pod" | "Job">, "metadata">,
  snapshot: Snapshot,
): Of<"Event">[] {
  const from = timeOf(creationTimestamp) - PRECISION
  return only(snapshot, "Event").filter(({ involvedObject, lastTimestamp }) =>
    involvedObject.uid ? involvedObject.uid === uid : involvedObject.name === name && !(timeOf(lastTimestamp) < from),
  )
}
