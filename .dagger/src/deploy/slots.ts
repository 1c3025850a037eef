import { z } from "zod"

import { servingOf } from "../config/applications.js"
import type { Config } from "../config/schema.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Release } from "../manifests/render.js"
import { serviceNamed } from "../manifests/services.js"
import { placeInSlots } from "../manifests/slots.js"
import { listRecords, readRunning, type Recorded } from "../release/history.js"
import { chooseSlots, type LiveSelectors, planSlots, usesSlots } from "../release/slots.js"
import type { RolloutTask } from "./task.js"

const Service = z.object({
  spec: z.object({ selector: z.record(z.string(), z.string()).default({}) }).prefault({}),
})

/** A release as it would be deployed now: with each application in its slot. */
export async function placeRelease(kubectl: Kubectl, config: Config, release: Release): Promise<Release> {
  const running = await readRunning(kubectl, await listRecords(kubectl, config.name))
  const placed = await placeTask({ kubectl, config, recorded: { release } }, running?.release)
  return placed.recorded.release
}

/** A task with its release in slots, and what that moves. */
export async function placeTask<
  Task extends Pick<RolloutTask, "kubectl" | "config"> & { recorded: Pick<Recorded, "release"> },
>(task: Task, running: Release | undefined): Promise<Task & Pick<RolloutTask, "slots">> {
  const { kubectl, config, recorded } = task
  const live = await readSelectors(kubectl, config, running ? [recorded.release, running] : [recorded.release])
  const release = placeInSlots(recorded.release, chooseSlots(config, recorded.release, running, live))
  return { ...task, recorded: { ...recorded, release }, slots: planSlots(release, running, live) }
}

/** What going back to a release as it is moves. */
export async function planBack(kubectl: Kubectl, config: Config, release: Release): Promise<RolloutTask["slots"]> {
  return planSlots(release, release, await readSelectors(kubectl, config, [release]))
}

/** Where the applications' Services lead to; nothing is asked where no slot has a part in it. */
async function readSelectors(kubectl: Kubectl, config: Config, releases: Release[]): Promise<LiveSelectors> {
  if (!usesSlots(config, releases)) return {}
  const api = await kubectl.api()
  const services = Object.values(servingOf(config))
    .map(({ service }) => service)
    .filter(name => releases.some(({ objects }) => serviceNamed(objects, name)))
  const found = services.map(async name => {
    const service = await api.get("services", name, Service)
    return service ? [[name, service.spec.selector] as const] : []
  })
  return Object.fromEntries((await Promise.all(found)).flat())
}
