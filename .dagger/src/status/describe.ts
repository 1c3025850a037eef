import { kubectlName } from "../kubernetes/object-ref.js"
import type { Named } from "../kubernetes/objects.js"
import { excerpt } from "../util/printable.js"
import { timeOf } from "../util/time.js"
import type { RolloutState } from "./deployment.js"
import { jobOf, podsOfJob } from "./job.js"
import type { SetRollout } from "./pod-sets.js"
import { type ContainerStatus, eventsOf, type Of, only, type Snapshot } from "./snapshot.js"

/** Events that an error shows at most, the last ones. */
const EVENTS = 10

/** Pods that ended as a whole that an error shows at most, the last ones. */
const ENDED = 3

/** Nodes in a bad state that an error shows at most. */
const NODES = 5

/**
 * The state of a rollout as evidence: replicas, ReplicaSet, each container of its pods, nodes in a bad state, the events
 * that warn. `now` is in milliseconds since 1970.
 */
export function describeState(snapshot: Snapshot, state: RolloutState, now: number): string {
  const objects = [state.deployment, state.replicaSet?.metadata.name, ...state.pods.map(pod => pod.metadata.name)]
  return [
    `deployment ${state.deployment}: ${state.line}${state.replicaSet ? `; newest ReplicaSet: ${state.replicaSet.metadata.name}` : ""}`,
    ...(state.warning ? [state.warning] : []),
    ...describePods(state.pods, snapshot, now),
    ...state.ended.slice(-ENDED).map(describeEnd),
    ...describeNodes(snapshot),
    ...describeEvents(snapshot, objects),
  ].join("\n")
}

/** The state of a StatefulSet's or a DaemonSet's rollout as evidence, as describeState has it of a Deployment's. */
export function describeSet(snapshot: Snapshot, set: Named, { line, pods }: SetRollout, now: number): string {
  return [
    `${kubectlName(set)}: ${line}`,
    ...describePods(pods, snapshot, now),
    ...describeNodes(snapshot),
    ...describeEvents(snapshot, [set.name, ...pods.map(({ metadata }) => metadata.name)]),
  ].join("\n")
}

function describePods(pods: Of<"Pod">[], snapshot: Snapshot, now: number): string[] {
  return pods.flatMap(pod => [...describePod(pod), ...describePulls(pod, snapshot, now)])
}

/** The events that warn about objects of these names. */
function describeEvents(snapshot: Snapshot, names: (string | undefined)[]): string[] {
  const events = warnings(only(snapshot, "Event").filter(event => names.includes(event.involvedObject.name)))
  return events.length > 0 ? ["events:", ...events.map(line => `  ${line}`)] : []
}

function describeEnd({ metadata, status }: Of<"Pod">): string {
  return `pod ${metadata.name}: ${[status.reason ?? status.phase, status.message && excerpt(status.message)].filter(Boolean).join(": ")}`
}

/** The nodes that are not ready, or short of something, and since when. */
export function describeNodes(snapshot: Snapshot): string[] {
  const isBad = ({ type, status }: Of<"Node">["status"]["conditions"][number]) =>
    type === "Ready" ? status !== "True" : status === "True"
  return only(snapshot, "Node")
    .flatMap(({ metadata, status: { conditions } }) =>
      conditions
        .filter(isBad)
        .map(
          ({ type, message, lastTransitionTime }) =>
            `node ${metadata.name}: ${type === "Ready" ? "not ready" : type} since ${lastTransitionTime}: ${excerpt(message)}`,
        ),
    )
    .slice(0, NODES)
}

/** The images that are being pulled for a pod, and for how long. `now` is in milliseconds since 1970. */
export function describePulls(pod: Of<"Pod">, snapshot: Snapshot, now: number): string[] {
  const events = eventsOf(pod, snapshot)
  const imageOf = (text: string) => /image "([^"]+)"/.exec(text)?.[1]
  const pulled = events.filter(({ reason }) => reason === "Pulled").map(({ message }) => imageOf(message))
  return events
    .filter(({ reason, message }) => reason === "Pulling" && !pulled.includes(imageOf(message)))
    .map(({ message, lastTimestamp }) => {
      const seconds = Math.round((now - timeOf(lastTimestamp)) / 1000)
      return `  pulling ${imageOf(message)} for ${seconds} s`
    })
}

/** How a Job stands: its newest pod, or what it says itself where it has none, and the events. `now` is in milliseconds since 1970. */
export function describeJob(snapshot: Snapshot, name: string, now: number): string[] {
  const pod = podsOfJob(snapshot, name).at(-1)
  const conditions = jobOf(snapshot, name)?.status.conditions.filter(({ status }) => status === "True") ?? []
  return [
    ...(pod
      ? describePods([pod], snapshot, now)
      : [`job ${name}: it has no pod`, ...conditions.map(({ type, message }) => `  ${type}: ${excerpt(message)}`)]),
    ...describeNodes(snapshot),
    ...describeEvents(snapshot, [name, pod?.metadata.name]),
  ]
}

/** How a pod stands: why the cluster takes it away, why no node takes it, or each of its containers. */
export function describePod(pod: Of<"Pod">): string[] {
  const scheduled = pod.status.conditions.find(({ type }) => type === "PodScheduled")
  const containers = [
    ...pod.status.initContainerStatuses.map(status => `init container ${describeContainer(status)}`),
    ...pod.status.containerStatuses.map(status => `container ${describeContainer(status)}`),
  ]
  const disrupted = pod.status.conditions.find(({ type, status }) => type === "DisruptionTarget" && status === "True")
  const lines = [
    ...(disrupted ? [`taken away (${disrupted.reason}): ${excerpt(disrupted.message)}`] : []),
    ...(scheduled?.status === "False" ? [`not scheduled: ${excerpt(scheduled.message)}`] : containers),
  ]
  return [`pod ${pod.metadata.name}:`, ...lines.map(line => `  ${line}`)]
}

function describeContainer({ name, state, lastState, ready, restartCount }: ContainerStatus): string {
  const now = state.waiting
    ? `waiting (${state.waiting.reason})`
    : state.terminated
      ? `ended (${ended(state.terminated)})`
      : state.running
        ? `running, ${ready ? "ready" : "not ready"}`
        : "not there yet"
  const before =
    restartCount > 0
      ? `, restarted ${restartCount}×${lastState.terminated ? `, ended before (${ended(lastState.terminated)})` : ""}`
      : ""
  return `${name}: ${now}${before}`
}

function ended({ exitCode, reason }: { exitCode: number; reason?: string }): string {
  return [reason, `exit code ${exitCode}`].filter(Boolean).join(", ")
}

/** The last events that are no success, each once; names that were made up at random count as the same. */
function warnings(events: Of<"Event">[]): string[] {
  const sorted = events.filter(({ type }) => type === "Warning").sort((a, b) => lastTime(a) - lastTime(b))
  const byText = new Map(
    sorted.map(event => [
      event.message.replace(/^\(combined from similar events\): /, "").replace(/pods "[^"]*"/, "pods"),
      event,
    ]),
  )
  return [...byText.values()]
    .sort((a, b) => lastTime(a) - lastTime(b))
    .slice(-EVENTS)
    .map(({ reason, message }) => `${reason}: ${excerpt(message)}`)
}

function lastTime(event: Of<"Event">): number {
  return timeOf(event.lastTimestamp) || 0
}

/**
 * The container whose output tells the cause, and whether that is its previous run's; undefined where none has ever run.
 * `known` is the one that failed, where that is known; a sidecar that runs and is ready is none.
 */
export function failingContainer(pod: Of<"Pod">, known?: string): { name: string; previous: boolean } | undefined {
  const { initContainerStatuses } = pod.status
  const names = pod.spec.containers.map(({ name }) => name)
  // The status has them by name; in the spec, most injectors append theirs.
  const containerStatuses = [...pod.status.containerStatuses].sort(
    (a, b) => names.indexOf(a.name) - names.indexOf(b.name),
  )
  const failing = [
    ...[...initContainerStatuses, ...containerStatuses].filter(({ name }) => name === known),
    ...initContainerStatuses.filter(
      ({ ready, state }) => !ready && state.terminated?.exitCode !== 0 && state.waiting?.reason !== "PodInitializing",
    ),
    ...containerStatuses.filter(({ ready }) => !ready),
  ]
  const status = failing.find(({ state, restartCount }) => state.running || state.terminated || restartCount > 0)
  return status && { name: status.name, previous: status.state.running !== undefined && status.restartCount > 0 }
}
