// One call of a tool, measured from the cluster.
import { setTimeout as delay } from "node:timers/promises"

import { say } from "../progress.ts"
import type { Measurement, Requests } from "../schema.ts"
import { secondsBetween } from "../seconds.ts"
import type { Api } from "./api.ts"
import type { Case } from "./cases.ts"
import { ask } from "./requests.ts"
import { causeSince, podsAt, type Sighting, specSeen, type Target, wholeSince } from "./timeline.ts"
import type { Answer, Tool } from "./tool.ts"

/** Milliseconds after the end of a call in which the previous version may still become whole. */
const PATIENCE = 30_000

/** What is looked at while a tool works. */
export interface Looked {
  sightings: readonly Sighting[]
  target: Target
  expect: string[]
  shown?: RegExp
  /** The pods that there have to be in the end, as `podsAt` has them; unset: those that there are now. */
  wanted?: string
}

/** Measure a call, and what follows from it until the previous version is whole again, where that is to be expected. */
export async function measure(
  api: Api,
  namespace: string,
  looked: Looked,
  isAwaited: (answer: Answer) => boolean,
  call: () => Promise<Answer>,
): Promise<Measurement> {
  const requests = ask(api, namespace, "frontend:3000")
  const begunAt = Date.now()
  const { sightings, wanted = podsAt(sightings, begunAt) } = looked
  const answer = await call()
  const isWhole = () => wholeSince(sightings, wanted, begunAt) !== undefined
  while (isAwaited(answer) && !isWhole() && Date.now() < answer.endedAt + PATIENCE) await delay(200)
  return toMeasurement(
    {
      begunAt,
      seenAt: specSeen(sightings, looked.target, begunAt),
      causeAt: looked.shown && causeSince(sightings, looked.shown, begunAt),
      wholeAt: wholeSince(sightings, wanted, begunAt),
    },
    answer,
    looked.expect,
    await requests.stop(),
  )
}

/** A tool's answer to a good release; what it says if it fails that is shown, since a false alarm has to be looked into. */
export async function askAboutGood(name: string, tool: Tool, call: () => Promise<Answer>): Promise<Answer> {
  const answer = await call()
  if (!answer.isSuccess) say(`verdict: ${name}: false alarm of ${tool.name}:\n${answer.said}`)
  return answer
}

/** In milliseconds since 1970, as the cluster showed them. */
interface Moments {
  begunAt: number
  seenAt?: number
  causeAt?: number
  wholeAt?: number
}

export function toMeasurement(
  { begunAt, seenAt, causeAt, wholeAt }: Moments,
  answer: Answer,
  expect: string[],
  requests: Requests,
): Measurement {
  const from = seenAt ?? begunAt
  return {
    outcome: outcomeOf(answer, seenAt !== undefined, expect),
    seen: seenAt && secondsBetween(begunAt, seenAt),
    verdict: Math.max(0, secondsBetween(from, answer.verdictAt)),
    cause: causeAt && secondsBetween(from, causeAt),
    whole: wholeAt && Math.max(0, secondsBetween(from, wholeAt)),
    call: secondsBetween(begunAt, answer.endedAt),
    step: answer.stepAt && secondsBetween(answer.stepAt, answer.endedAt),
    monitor: answer.monitor,
    requests,
  }
}

/** `expect`: what the error of a tool that names causes has to say. */
export function outcomeOf(
  { isSuccess, isCapped, said }: Pick<Answer, "isSuccess" | "isCapped" | "said">,
  isSeen: boolean,
  expect: string[],
): Measurement["outcome"] {
  if (isCapped) return "capped"
  if (isSuccess) return "succeeded"
  if (expect.some(text => !said.includes(text))) return "missed"
  return isSeen ? "failed" : "refused"
}

/** What to look at for a case; only the module is held to name the cause. */
export function lookedAt({ target, expect, shown }: Case, sightings: readonly Sighting[], tool: string): Looked {
  return { sightings, target, expect: tool === "module" ? expect : [], shown }
}
