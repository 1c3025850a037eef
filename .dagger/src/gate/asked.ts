import semver from "semver"

import type { Asked } from "./suite.js"

/** The wishes that a version of the interpreter does not meet. */
export function unmet(asked: Asked[], version: string): Asked[] {
  const found = semver.coerce(version)
  return found ? asked.filter(({ range }) => !satisfies(found.version, range)) : []
}

/** Whether a version is in a range of npm's, of Python's packaging or of poetry's; one that cannot be read asks for nothing. */
function satisfies(version: string, range: string): boolean {
  const readable = range
    .split("||")
    .map(part => part.replaceAll(",", " ").replace(PYTHON_TERM, npmTerm))
    .join(" || ")
  return semver.validRange(readable) === null || semver.satisfies(version, readable)
}

/** What Python writes otherwise than npm: ~=3.12, ==3.12.*, !=3.12.1. */
const PYTHON_TERM = /(~=|===?|!=)\s*v?(\d+(?:\.\d+)*)(\.\*)?/g

function npmTerm(_: string, operator: string, version: string, any: string | undefined): string {
  if (operator === "!=") return ""
  if (operator !== "~=") return any ? `${version}.x` : version
  const steps = version.split(".").map(Number)
  const upper = steps.slice(0, -1)
  upper[upper.length - 1]! += 1
  return `>=${version} <${upper.join(".")}`
}
