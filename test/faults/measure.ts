import type { TestContext } from "vitest"

import type { Call } from "../e2e/dagger.ts"

/** What the table of docs/faults.md says of a test, beside its name. */
export interface Measured {
  /** The code of the error. */
  code: string
  /** From when the seconds count. */
  since: "cause" | "request" | "migration" | "apply" | "call"
  /** Seconds until the verdict. */
  verdict: number
  /** Seconds until the previous version was whole again; unset where nothing of it was changed. */
  whole?: number
}

declare module "vitest" {
  interface TaskMeta {
    measured?: Measured
  }
}

/** Keep what was measured beside the test's result, where `npm run docs` finds it. All moments in milliseconds since 1970. */
export function measure(
  { task }: Pick<TestContext, "task">,
  { code, since, from, verdict, whole }: Omit<Measured, "verdict"> & { from: number; verdict: number },
): Measured {
  const seconds = (moment: number) => Math.round((moment - from) / 100) / 10
  const measured = { code, since, verdict: seconds(verdict), ...(whole !== undefined && { whole: seconds(whole) }) }
  task.meta.measured = measured
  return measured
}

/** When a call said a text for the first time, and when it had its verdict: with its error, if it says none before. */
export async function momentsOf(call: Call, text: string): Promise<{ from: number; verdict: number }> {
  const [from, verdict] = await Promise.all([call.said(text), call.said(": failed: ").catch(() => Date.now())])
  return { from, verdict }
}
