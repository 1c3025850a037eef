import semver from "semver"

import type { Asked } from "./suite.js"

/** The wishes that a version of the interpreter does not meet. */
export function unmet(asked: Asked[], version: string): Asked[] {
  const found = semver.coerce(version)?.version
  if (found === undefined) return []
  return asked.filter(({ language, range }) => !(language === "python" ? suitsPython : suits)(found, range))
}

/** Whether a version is in a range of npm's; one that cannot be read asks for nothing. */
function suits(version: string, range: string): boolean {
  return semver.validRange(range) === null || semver.satisfies(version, range)
}

/** The same of Python's packaging (PEP 440), and of poetry, which has npm's signs beside: ^3.11 || ^3.13. */
function suitsPython(version: string, range: string): boolean {
  return range.split("||").some(part =>
    part
      .replace(/([<>=!~^])\s+/g, "$1")
      .split(/[\s,]+/)
      .every(term => suitsTerm(version, term)),
  )
}

/** A comparison of Python's packaging. */
const PYTHON_TERM = /^(~=|===?|!=|[<>]=?)v?(\d+(?:\.\d+)*)(\.\*)?$/

function suitsTerm(version: string, term: string): boolean {
  const [, operator, release, any] = PYTHON_TERM.exec(term) ?? []
  if (!operator || !release) return suits(version, term)
  // What is left out is 0: 3.11.9 is above 3.11, and is not 3.11.
  const full = [...release.split("."), "0", "0"].slice(0, 3).join(".")
  switch (operator) {
    case "~=":
      return suits(version, compatible(release))
    case "!=":
      return !suits(version, any ? release : full)
    // As they are meant, 3.13.5 among them: only what installs the application itself takes them to the letter.
    case "==":
    case "===":
      return suits(version, release)
    case "<=":
      return suits(version, `<=${release}`)
    default:
      return suits(version, `${operator}${full}`)
  }
}

/** ~=3.12.1 is at least that, and below 3.13. */
function compatible(release: string): string {
  const steps = release.split(".").map(Number)
  const upper = steps.slice(0, -1)
  upper[upper.length - 1]! += 1
  return `>=${release} <${upper.join(".")}`
}
