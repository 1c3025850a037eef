import type { AskedRequest, Expectations } from "../config/expectations.js"
import { digestOf } from "../util/digest.js"
import { type Code, CODES } from "./finding.js"
import type { Program, Side, Trial } from "./plan.js"

/** A request that is sent, as k6's script for the handshake takes it. */
export interface AskedStep {
  name: string
  to?: string
}

/** What one branch of a trial does, one after the other; a failure of a step is the end of it, unless it goes on. */
export type Step = { name: string; of: Code } & (
  | { kind: "migrate"; job: string; program: Program; watcher?: Program }
  | { kind: "start"; side: Side }
  | {
      kind: "request"
      /** before: on the schema that the code is made for, to see that containers stand for the cluster. */
      when: "before" | "after"
      side: Side
      asked: AskedStep[]
      values: Record<string, string>
      goesOn?: true
    }
)

/**
 * On one database: the running release stays up while the migrations of the new one run, as it does in the cluster, and has
 * rows in its tables by then; afterwards the new release comes in its place.
 */
export function upgradeSteps({ running, coming, lockWatcher }: Trial): Step[] {
  return [
    ...migrationsOf("running", running),
    startOf("running", running),
    ...requestsOf("running", running, "before"),
    ...migrationsOf("new", coming, lockWatcher),
    ...requestsOf("running", running, "after").map(step => ({ ...step, goesOn: true as const })),
    startOf("new", coming),
    ...requestsOf("new", coming, "after"),
  ]
}

/** On a database of its own: the new release without its migrations. */
export function oldSchemaSteps({ running, coming }: Trial): Step[] {
  return [...migrationsOf("running", running), startOf("new", coming), ...requestsOf("new", coming, "before")]
}

function migrationsOf(of: Code, { migrations }: Side, watcher?: Program): Step[] {
  return migrations.map(({ job, ...program }) => ({
    name: `the migration ${job} of ${CODES[of]}`,
    of,
    kind: "migrate",
    job,
    program,
    watcher,
  }))
}

function startOf(of: Code, side: Side): Step {
  return { name: `${CODES[of]} to start`, of, kind: "start", side }
}

type RequestStep = Extract<Step, { kind: "request" }>

/** The monitor's requests, then the handshake, which begins without a session. */
function requestsOf(of: Code, side: Side, when: RequestStep["when"]): RequestStep[] {
  const { expectations, publicUrl, secrets } = side
  const parts = { "the monitor's requests": monitorSteps(expectations), "the handshake": expectations.handshake }
  return Object.entries(parts).flatMap(([what, asked]) => {
    if (asked.length === 0) return []
    const name = `${what} of ${CODES[of]}, ${when} the migrations of this release`
    // Another account each time, and the same one whenever all of it is done once more.
    const random = digestOf(name).slice(0, 32)
    return [{ name, of, kind: "request", when, side, asked, values: { PUBLIC_URL: publicUrl, random, ...secrets } }]
  })
}

/** Each of the monitor's requests once: those of nobody, the sign-in, those of who has signed in. */
function monitorSteps({ requests, signIn }: Expectations): AskedStep[] {
  const asked = (signedIn: boolean) => requests.filter(request => request.signedIn === signedIn).map(stepOf)
  return [...asked(false), ...signIn, ...asked(true)]
}

function stepOf({ name, to, method, url, headers, expect }: AskedRequest) {
  return { name, to, method, url, headers, expect, capture: {} }
}
