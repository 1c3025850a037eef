import type { Row } from "../facts.js"

export const BROWSER_CODE = { name: "browser code", limit: "no NEXT_PUBLIC_ is undefined" }

/** What code asks for first or compares with a value may be unset. */
const MAY_BE_UNSET = /^([!=]==?|!|if *\()|(\?|\|\||&&|[!=]==?)$/
/** What Vercel alone sets, so that packages know it unset. */
const VERCEL = /^NEXT_PUBLIC_VERCEL_/

/**
 * The row for the places that read a variable. It fails for one that the application's own code uses as it is; one that is asked for
 * first, has a default, or is a package's alone, is a warning. `named`: the variables that the source names, where there is one.
 */
export function browserRow(reads: string[], named?: string[]): Row {
  const names = [...new Set(reads.flatMap(read => /NEXT_PUBLIC_\w+/.exec(read)?.[0] ?? []))].sort()
  const needed = names.filter(name =>
    reads.some(read => new RegExp(`\\b${name}\\b`).test(read) && !MAY_BE_UNSET.test(read)),
  )
  const used = needed.filter(name => (named ? named.includes(name) : !VERCEL.test(name)))
  const counts = [
    [used.length, "used"],
    [names.length - needed.length, "with a default"],
    [needed.length - used.length, "of packages"],
  ] as const
  const actual = counts.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : [])).join(", ")
  return {
    ...BROWSER_CODE,
    actual: actual || "none",
    verdict: used.length > 0 ? "fail" : names.length > 0 ? "warn" : "pass",
    how: "what Next.js built for browsers; set the variables in buildArgs, with an ARG and an ENV of each before the build",
    // A warning is no failure that would have to be accepted.
    findings: used.length > 0 ? used : names,
  }
}
