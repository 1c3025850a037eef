import { applicationsOf } from "../config/applications.js"
import type { Config } from "../config/schema.js"
import { identityOf, subtract } from "../kubernetes/object-ref.js"
import type { KubernetesObject, Release } from "../manifests/render.js"
import { serviceNamed } from "../manifests/services.js"
import {
  deploymentsBehind,
  namesIn,
  otherSlot,
  placeInSlots,
  type Slot,
  slotIn,
  type Slots,
} from "../manifests/slots.js"
import { canonical } from "../util/digest.js"
import { inventoryOf } from "./history.js"

/** The selector of a Service that is there. */
export type Selector = Record<string, string>
/** Those of the applications' Services on the cluster, by name. */
export type LiveSelectors = Record<string, Selector>

/** One application whose users are to be led to other pods. */
export interface Move {
  /** Its Service. */
  service: string
  /** Where its users are now, and where they are to be; undefined: in no slot. */
  from?: Slot
  to?: Slot
  /** The Deployments there, by name. */
  old: string[]
  deployments: string[]
}

/** Whether slots have a part in this at all: where they have none, nothing is asked about them. */
export function usesSlots(config: Config, releases: Release[]): boolean {
  return (
    Object.values(applicationsOf(config)).some(({ strategy }) => strategy === "blue-green") ||
    releases.some(({ objects }) =>
      objects.some(({ spec }) => slotIn((spec as { selector?: Selector } | undefined)?.selector)),
    )
  )
}

/**
 * The slot of each application of a release. What is in one already, and stays as it is, keeps it; what changes, changes slots with
 * `blue-green`, and with `rolling` is updated where it is.
 */
export function chooseSlots(
  config: Config,
  release: Release,
  running: Release | undefined,
  live: LiveSelectors,
): Slots {
  const apps = Object.values(applicationsOf(config)).filter(({ service }) => serviceNamed(release.objects, service))
  return Object.fromEntries(
    apps.map(({ service, strategy }) => {
      const isSame = (slot: Slot) => running !== undefined && sameIn(slot, release, running, service)
      return [service, chooseSlot(strategy === "blue-green", live[service], running !== undefined, isSame)]
    }),
  )
}

function chooseSlot(
  isBlueGreen: boolean,
  selector: Selector | undefined,
  isRecorded: boolean,
  isSame: (slot: Slot) => boolean,
): Slot | undefined {
  const live = slotIn(selector)
  if (live) return !isBlueGreen || isSame(live) ? live : otherSlot(live)
  // What runs and was brought by somebody else is first taken over in its place.
  const isFirst = selector === undefined || isRecorded
  return isBlueGreen && isFirst ? "blue" : undefined
}

/** Whether the Deployments of an application would be, in a slot, what the release that runs has there. */
function sameIn(slot: Slot, release: Release, running: Release, service: string): boolean {
  const [planned, there] = [placeInSlots(release, { [service]: slot }), running].map(({ objects }) =>
    deploymentsBehind(objects, service),
  )
  return canonical(planned) === canonical(there)
}

/** What is done before any user is led to other pods. */
export interface SlotPlan {
  moves: Move[]
  /** What comes up beside what runs, and changes none of it. */
  beside: KubernetesObject[]
}

/** What of a release comes up first, where it moves any application; of what runs, nothing is changed by it. */
export function planSlots(release: Release, running: Release | undefined, live: LiveSelectors): SlotPlan {
  const moves = movesOf(release, live)
  if (moves.length === 0) return { moves, beside: [] }
  const there = running ? inventoryOf(running) : []
  const isMoved = ({ kind, metadata: { name } }: KubernetesObject) =>
    kind === "Deployment" && moves.some(({ deployments }) => deployments.includes(name))
  const isSwitched = ({ kind, metadata: { name } }: KubernetesObject) =>
    kind === "Service" && moves.some(({ service }) => service === name)
  const isNew = (object: KubernetesObject) => subtract([identityOf(object)], there).length > 0
  return { moves, beside: release.objects.filter(object => isMoved(object) || (isNew(object) && !isSwitched(object))) }
}

/** The applications of a release whose Service selects the pods of another slot. */
function movesOf(release: Release, live: LiveSelectors): Move[] {
  return Object.entries(live).flatMap(([service, selector]) => {
    const deployments = deploymentsBehind(release.objects, service)
    const [from, to] = [slotIn(selector), slotIn(serviceNamed(release.objects, service)?.spec.selector)]
    if (deployments.length === 0 || from === to) return []
    return [{ service, from, to, old: namesIn(from, deployments), deployments: deployments.map(nameOf) }]
  })
}

function nameOf({ metadata }: KubernetesObject): string {
  return metadata.name
}
