import { setTimeout as sleep } from "node:timers/promises"

import { applicationsOf } from "../config/applications.js"
import type { Config } from "../config/schema.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import { withLease } from "../kubernetes/lease.js"
import { listRecords, newId, readRecord } from "../release/history.js"
import { prune } from "../release/prune.js"
import { replacedBy } from "../release/replaced.js"
import type { Move } from "../release/slots.js"
import type { Report } from "../report/report.js"
import { messageOf } from "../util/errors.js"
import { parseDuration, timeOf } from "../util/time.js"
import { planBack } from "./slots.js"

const KEEP = "5m"

/** Seconds for which what was moved from stays: the longest that one of the applications asks for. */
export function keepOf(config: Config, moves: Move[]): number {
  const kept = Object.values(applicationsOf(config))
    .filter(({ service }) => moves.some(move => move.service === service))
    .map(({ keep }) => parseDuration(keep ?? KEEP))
  return Math.max(0, ...kept)
}

/** Wait until nothing needs to be kept beside a release any more, and remove it, unless another deployment has begun meanwhile. */
export async function removeOnceKept(
  kubectl: Kubectl,
  config: Config,
  { id, keptUntil }: Pick<Report, "id" | "keptUntil">,
): Promise<void> {
  if (keptUntil === undefined) return
  console.log(`deploy: succeeded; the pods that ran before stay until ${keptUntil}, for a way back that is a switch`)
  await sleep(Math.max(0, timeOf(keptUntil) - Date.now()))
  const leave = (why: string) => console.log(`deploy: the next deployment removes what ran before: ${why}`)
  try {
    await withLease(kubectl, config.name, newId(), async () => {
      const entries = await listRecords(kubectl, config.name)
      const entry = entries.at(-1)
      if (entry?.id !== id) return leave("another one has begun")
      const { moves } = await planBack(kubectl, config, (await readRecord(kubectl, id)).release)
      if (moves.length > 0) return leave("users are led to it")
      const problems = await prune(kubectl, config.name, replacedBy(entry, entries))
      return problems.length > 0 ? leave(problems.join("\n")) : console.log("deploy: what ran before is removed")
    })
  } catch (error) {
    leave(messageOf(error))
  }
}
