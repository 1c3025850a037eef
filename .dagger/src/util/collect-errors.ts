import { CloudNativeError } from "./errors.js"

type Works<T extends unknown[]> = { [K in keyof T]: () => T[K] | Promise<T[K]> }

/** Do all of it side by side, as `Promise.all`, but to the end: throws one error with every problem that was found. */
export async function together<T extends unknown[]>(...works: Works<T>): Promise<T> {
  const ended = await Promise.allSettled(works.map(async work => work()))
  const failures = ended.flatMap(result => (result.status === "rejected" ? [result.reason as unknown] : []))
  if (failures.length > 0) throw combined(failures)
  return ended.map(result => (result as PromiseFulfilledResult<unknown>).value) as T
}

/** One error for all of them, each once; of what is no error of this module's own, the first is passed on as it is. */
export function combined(errors: unknown[]): unknown {
  const problems = [...new Set(errors.flatMap(problemsOf))]
  const [first, second] = problems
  const unexpected = problems.find(problem => !(problem instanceof CloudNativeError))
  if (unexpected || !second) return unexpected ?? first
  const known = problems as CloudNativeError[]
  const codes = new Set(known.map(({ code }) => code))
  return new CloudNativeError({
    code: codes.size === 1 ? known[0]!.code : "PREFLIGHT_FAILED",
    blame: known.find(({ blame }) => blame !== "environment")?.blame ?? "environment",
    what: `${known.length} problems would stop it; nothing was changed`,
    why: known.map(({ message }, index) => `${index + 1}. ${message.replace(/\n(?=.)/g, "\n   ")}`).join("\n"),
    fix: "fix all of them and retry",
    cause: known,
  })
}

function problemsOf(error: unknown): unknown[] {
  return error instanceof CloudNativeError && Array.isArray(error.cause) ? error.cause : [error]
}
