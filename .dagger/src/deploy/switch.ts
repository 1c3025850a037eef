import { APPLY, type Kubectl, list } from "../kubernetes/kubectl.js"
import { identityOf } from "../kubernetes/object-ref.js"
import type { Release } from "../manifests/render.js"
import { selects, serviceNamed } from "../manifests/services.js"
import type { Deployment } from "../manifests/shapes.js"
import { CONTENT, deploymentsBehind, narrowed, servicesOf, TEMPLATE_HASH } from "../manifests/slots.js"
import { prune } from "../release/prune.js"
import type { Move, SlotPlan } from "../release/slots.js"
import { deploymentIn, isLeft, readRollout } from "../status/deployment.js"
import { hasEnded, PATIENT } from "../status/pod.js"
import { only, type Snapshot } from "../status/snapshot.js"
import { Starts } from "../status/startup.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { hasImagesOf } from "../status/workload.js"
import { pollUntil } from "../util/poll.js"
import type { ReportBuilder } from "./report-builder.js"
import { resize } from "./size.js"
import type { RolloutTask } from "./task.js"
import { watchRollout } from "./watch.js"

/** Seconds that pods have to end once their Deployment is deleted. */
const ENDING = 90

/** Bring up the pods that users are to be led to beside those that serve, as many of them; no user reaches them yet. */
export async function bringUpBeside(task: RolloutTask, builder: ReportBuilder, signal: AbortSignal): Promise<void> {
  const { kubectl, slots, applied, moments } = task
  const before = await takeSnapshot(kubectl)
  moments.look(task.recorded.release.workloads, before, await kubectl.now())
  // From here on, a failure undoes it.
  applied.intend(slots.beside)
  await keepUsers(task, before)
  console.log(`apply: ${slots.beside.length} objects beside what serves`)
  await applied.apply(kubectl, slots.beside)
  for (const move of slots.moves) await matchSize(kubectl, task.recorded.release, move, before)
  const workloads = slots.beside.flatMap(({ kind, metadata: { name } }) =>
    kind === "Deployment" ? { kind, name } : [],
  )
  const starts = new Starts(before)
  await watchRollout(kubectl, workloads, task, before, { starts, onChange: builder.addPodChange }, signal).finally(() =>
    builder.setStarts(starts.all()),
  )
}

/** Where no slot tells the old pods from the new ones, their ReplicaSet does: let Services select by it. */
async function keepUsers({ kubectl, recorded, slots }: RolloutTask, snapshot: Snapshot): Promise<void> {
  for (const { service, from, old } of slots.moves) {
    const hash = from ? undefined : hashOf(snapshot, old[0]!)
    if (!hash) continue
    const names = servicesOf(recorded.release.objects, service)
      .filter(object => !slots.beside.includes(object))
      .map(({ metadata }) => `service/${metadata.name}`)
    const patch = { spec: { selector: { [TEMPLATE_HASH]: hash } } }
    await kubectl.must(["patch", ...names, "--type=merge", `--patch=${JSON.stringify(patch)}`])
  }
}

/** Of a Deployment, the hash that tells the ReplicaSet with most of its pods. */
function hashOf(snapshot: Snapshot, name: string): string | undefined {
  const { pods, old } = readRollout(snapshot, name, 0, PATIENT)
  const hashes = [...pods, ...old].flatMap(({ metadata }) => metadata.labels[TEMPLATE_HASH] ?? [])
  const count = (hash: string) => hashes.filter(other => other === hash).length
  return hashes.sort((a, b) => count(b) - count(a))[0]
}

/** An autoscaler follows with the users; until then as many pods are needed as serve them now. */
async function matchSize(
  kubectl: Kubectl,
  { objects }: Release,
  { service, old }: Move,
  snapshot: Snapshot,
): Promise<void> {
  for (const [index, { metadata, spec }] of deploymentsBehind(objects, service).entries()) {
    const [now, wanted] = [metadata.name, old[index]!].map(name => deploymentIn(snapshot, name)?.spec.replicas ?? 1)
    if (spec.replicas !== undefined || wanted! <= now!) continue
    console.log(`rollout: ${metadata.name}: ${wanted} pods, as many as serve now`)
    await resize(kubectl, { name: metadata.name, replicas: wanted! })
  }
}

/** Lead the users to other pods: one write. `decided` is in milliseconds since 1970, by the cluster's clock. */
export async function switchUsers(task: RolloutTask, decided: number): Promise<void> {
  const { kubectl, recorded, slots, moments } = task
  const { objects } = recorded.release
  const services = slots.moves.flatMap(({ service }) => servicesOf(objects, service))
  // They have been validated, and reading all schemas once more takes half of the time.
  await kubectl.must([...APPLY, "--validate=false", "--filename=-"], list(services))
  const at = await kubectl.now()
  for (const { service, deployments } of slots.moves) {
    const to = deployments.join(", ")
    console.log(`switch: ${service}: to the pods of ${to}, ${((at - decided) / 1000).toFixed(1)} s after the decision`)
    moments.addSwitch(service, to, decided, at)
  }
}

/**
 * Go back by a switch alone, where all that is gone back to is still there; whether it was. `decided` is in milliseconds since 1970,
 * by the cluster's clock.
 */
export async function switchBack(task: RolloutTask, decided: number): Promise<boolean> {
  const { kubectl, recorded, slots } = task
  if (slots.moves.length === 0) return false
  const [snapshot, now] = [await takeSnapshot(kubectl), await kubectl.now()]
  const deployments = slots.moves.flatMap(({ service }) => deploymentsBehind(recorded.release.objects, service))
  if (!deployments.every(deployment => isWhole(deployment, snapshot, now))) return false
  task.onStep("switch")
  await switchUsers(task, decided)
  return true
}

/** Whether a Deployment runs as it was rendered. */
export function isWhole({ metadata, spec }: Deployment, snapshot: Snapshot, now: number): boolean {
  const live = deploymentIn(snapshot, metadata.name)
  return (
    live !== undefined &&
    live.spec.replicas > 0 &&
    live.metadata.annotations[CONTENT] === metadata.annotations?.[CONTENT] &&
    hasImagesOf(spec.template, live.spec.template) &&
    readRollout(snapshot, metadata.name, now, PATIENT).complete
  )
}

/** A release whose Services keep to its own pods, where it is in no slot, and another one is there still. */
export async function keptApart(kubectl: Kubectl, release: Release, slots: SlotPlan): Promise<Release> {
  const unnamed = slots.moves.filter(({ to }) => to === undefined)
  if (unnamed.length === 0) return release
  const snapshot = await takeSnapshot(kubectl)
  return unnamed.reduce((apart, { service, deployments }) => {
    const hash = hashOf(snapshot, deployments[0]!)
    return hash ? narrowed(apart, service, hash) : apart
  }, release)
}

/** Let Services select by the manifests alone again, once the pods have ended that this would lead users to. */
export async function widen({ kubectl, recorded, slots, signal }: RolloutTask, running: Release): Promise<void> {
  const unnamed = slots.moves.filter(({ from }) => from === undefined).map(({ service }) => service)
  const services = unnamed.flatMap(service => servicesOf(running.objects, service))
  if (services.length === 0) return
  await untilEnded(kubectl, recorded.release, unnamed, signal)
  await kubectl.must([...APPLY, "--filename=-"], list(services))
}

/** Remove the pods that users were led away from, since they failed: who has a connection to them is served by them still. */
export async function removeFailed({ kubectl, config, recorded, slots, signal }: RolloutTask): Promise<void> {
  const services = slots.moves.map(({ service }) => service)
  const deployments = services.flatMap(service => deploymentsBehind(recorded.release.objects, service))
  await prune(kubectl, config.name, deployments.map(identityOf))
  await untilEnded(kubectl, recorded.release, services, signal)
}

/** Wait until the pods that Services of a release select have ended; one whose grace is long is not waited for. */
async function untilEnded(
  kubectl: Kubectl,
  { objects }: Release,
  services: string[],
  signal: AbortSignal,
): Promise<void> {
  const selectors = services.map(service => serviceNamed(objects, service)?.spec.selector)
  const isOver = async () => {
    const [snapshot, now] = [await takeSnapshot(kubectl), await kubectl.now()]
    const own = only(snapshot, "Pod").filter(({ metadata }) =>
      selectors.some(labels => selects(labels, metadata.labels)),
    )
    return own.every(pod => hasEnded(pod) || isLeft(pod, now)) || undefined
  }
  await pollUntil("the new pods to end", ENDING, isOver, { signal })
}
