import type { Availability } from "../monitor/availability.js"
import type { DeepReadonly } from "../util/readonly.js"
import { timeOf } from "../util/time.js"
import type { Report } from "./report.js"

/** What a pod was doing, in the order in which it does. */
const STATES = ["created", "scheduled", "started", "ready", "terminating"] as const
export type State = (typeof STATES)[number]

/** All moments of a picture are in milliseconds since 1970. */
export interface Span {
  name: string
  from: number
  to: number
}

export interface Lane {
  pod: string
  spans: { state: State; from: number; to: number }[]
  /** When it was gone; unset while it is there. */
  gone?: number
  /** Its moments, as text. */
  text: string
}

export interface Group {
  workload: string
  lanes: Lane[]
  /** How many pods of it have no lane. */
  hidden: number
}

/** The requests on one path: inside the cluster, or from outside. */
export interface Path {
  name: string
  sent: number
  failed: number
  percent: number
  seconds: { at: number; sent: number; failed: number; slowest: number }[]
  outages: { from: number; to: number; failed: number }[]
}

/** A deployment over its time: what is drawn, whatever draws it. */
export interface Picture {
  from: number
  to: number
  steps: Span[]
  migrations: (Span & { completed: boolean })[]
  /** Switches, from the decision until the API server had it. */
  switches: (Span & { service: string })[]
  paths: Path[]
  groups: Group[]
  /** Pods that were not kept, of any workload. */
  omitted: number
}

type Timeline = NonNullable<Report["timeline"]>
type Pod = Timeline["pods"][number]

/** Pods that have a lane. */
const LANES = 40

/** Undefined where there is nothing that has a time, as of a deployment that was killed. */
export function pictureOf(report: Report): Picture | undefined {
  const timeline = report.timeline ?? timelineOf(report)
  const paths = pathsOf(report.availability)
  const begins = [
    ...timeline.steps.map(({ at }) => timeOf(at)),
    ...timeline.migrations.map(({ from }) => timeOf(from)),
    ...paths.flatMap(({ seconds }) => seconds.map(({ at }) => at)),
  ]
  const moments = timeline.pods.flatMap(momentsOf).map(({ at }) => at)
  if (begins.length === 0 && moments.length === 0) return undefined
  // Pods that were there before have moments of long ago.
  const from = begins.length > 0 ? Math.min(...begins) : Math.max(Math.min(...moments), timeOf(report.startedAt))
  const ends = [
    ...begins.map(at => at + 1000),
    ...timeline.migrations.map(({ to }) => timeOf(to)),
    ...timeline.pods.map(({ gone }) => timeOf(gone)),
    ...moments,
    timeOf(timeline.until),
  ].filter(at => !Number.isNaN(at))
  const to = Math.max(...ends, from + 1000)
  return {
    from,
    to,
    steps: timeline.steps.map(({ step, at }, index) => ({
      name: step,
      from: timeOf(at),
      to: timeOf(timeline.steps[index + 1]?.at) || to,
    })),
    migrations: timeline.migrations.map(({ name, from, to: end }) => ({
      name,
      from: timeOf(from),
      to: timeOf(end) || endOfStep(timeline, from, to),
      completed: end !== undefined,
    })),
    switches: (timeline.switches ?? []).map(({ service, to: name, decided, at }) => ({
      service,
      name,
      from: timeOf(decided),
      to: timeOf(at),
    })),
    paths,
    groups: groupsOf(timeline, { from, to: timeOf(timeline.until) || to }),
    omitted: timeline.omitted ?? 0,
  }
}

/** Earlier reports have two moments of a pod: when it became ready, and when it was gone. */
function timelineOf({ pods, startedAt }: Report): Timeline {
  const names = [...new Set(pods.map(({ pod }) => pod))]
  return {
    steps: [],
    migrations: [],
    pods: names.map(pod => {
      const own = pods.filter(change => change.pod === pod)
      const at = (change: "ready" | "gone") => own.find(each => each.change === change)?.at
      return { workload: own[0]!.application, pod, ready: at("ready") ?? startedAt, gone: at("gone") }
    }),
  }
}

function pathsOf(availability: Availability | undefined): Path[] {
  if (!availability) return []
  const { outside } = availability
  return [
    pathOf("inside the cluster", availability, availability.seconds),
    ...(outside ? [pathOf("from outside", outside, outside.seconds ?? [])] : []),
  ]
}

function pathOf(
  name: string,
  { sent, failed, percent, outages }: NonNullable<Availability["outside"]>,
  seconds: Availability["seconds"],
): Path {
  return {
    name,
    sent,
    failed,
    percent,
    seconds: seconds.map(second => ({ ...second, at: timeOf(second.at) })),
    outages: outages.map(({ from, to, failed }) => ({ from: timeOf(from), to: timeOf(to), failed })),
  }
}

/** A migration that did not complete is drawn until the next step began. */
function endOfStep({ steps }: Timeline, from: string, end: number): number {
  return steps.map(({ at }) => timeOf(at)).find(at => at > timeOf(from)) ?? end
}

function groupsOf({ pods }: Timeline, range: { from: number; to: number }): Group[] {
  const workloads = [...new Set(pods.map(({ workload }) => workload))]
  const byWorkload = workloads.map(workload => pods.filter(pod => pod.workload === workload))
  const drawn = choose(
    byWorkload.map(own => [...own].sort((a, b) => tellingOf(b, range.from) - tellingOf(a, range.from))),
  )
  return workloads.map((workload, index) => {
    const own = byWorkload[index]!
    const lanes = own.filter(pod => drawn.has(pod))
    return {
      workload,
      lanes: lanes.sort((a, b) => begunAt(a) - begunAt(b)).map(pod => laneOf(pod, range)),
      hidden: own.length - lanes.length,
    }
  })
}

/** The first of each workload, then the second of each, until there are no more lanes. */
function choose(workloads: Pod[][]): Set<Pod> {
  const longest = Math.max(0, ...workloads.map(pods => pods.length))
  const turns = Array.from({ length: longest }, (_, turn) => workloads.flatMap(pods => pods.slice(turn, turn + 1)))
  return new Set(turns.flat().slice(0, LANES))
}

/** A pod that never became ready tells most, and one that was ready all the time least. */
function tellingOf(pod: Pod, from: number): number {
  if (!pod.ready) return 2
  return momentsOf(pod).some(({ at }) => at >= from) || pod.gone ? 1 : 0
}

function begunAt(pod: Pod): number {
  return momentsOf(pod)[0]?.at ?? Infinity
}

function momentsOf(pod: Pod): { state: State; at: number }[] {
  return STATES.flatMap(state => (pod[state] === undefined ? [] : [{ state, at: timeOf(pod[state]) }]))
}

function laneOf(pod: Pod, { from, to }: { from: number; to: number }): Lane {
  const moments = momentsOf(pod)
  const gone = pod.gone === undefined ? undefined : timeOf(pod.gone)
  const spans = moments.map(({ state, at }, index) => ({
    state,
    from: Math.max(at, from),
    to: Math.max(moments[index + 1]?.at ?? gone ?? to, from),
  }))
  // Of what was before, the last.
  const told = [...moments, ...(gone === undefined ? [] : [{ state: "gone", at: gone }])]
    .filter((_, index, all) => (all[index + 1]?.at ?? from) >= from)
    .map(({ state, at }) => `${state} ${at < from ? "before" : elapsed(at - from)}`)
  return {
    pod: pod.pod,
    spans: spans.filter(span => span.to > span.from),
    gone,
    text: `${pod.pod}: ${told.join(", ")}`,
  }
}

/** "7 s", "2:05". */
export function elapsed(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}`
}

/** What the pods are that have no lane; empty where each has one. */
export function hiddenPods({ groups, omitted }: DeepReadonly<Pick<Picture, "groups" | "omitted">>): string[] {
  return [
    ...groups.filter(({ hidden }) => hidden > 0).map(({ workload, hidden }) => `${hidden} more of ${workload}`),
    ...(omitted > 0 ? [`${omitted} more, of which the report keeps no moments`] : []),
  ]
}
