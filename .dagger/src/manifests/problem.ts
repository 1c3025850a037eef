import { CloudNativeError } from "../util/errors.js"
import type { Manifest, Path, Position } from "./manifest.js"

/** A problem of the manifests: what, where (unless something is missing), and the fix. */
export interface Problem {
  code: string
  what: string
  fix: string
  where?: Position & { file: string }
}

export function problemAt(manifest: Manifest, path: Path, problem: Omit<Problem, "where">): Problem {
  return { ...problem, where: { file: manifest.file, ...manifest.locate(path) } }
}

export function formatProblem(problem: Problem): string {
  return `${locationOf(problem)}${problem.what}\n    ${problem.fix}`
}

/** deployment.yaml:12:3: in front of a problem that has a place. */
export function locationOf({ where }: Problem): string {
  return where ? `${where.file}:${where.line}:${where.column}: ` : ""
}

/** Throw one error that lists all problems, so that they can be fixed in one go. */
export function assertNone(problems: Problem[]): void {
  if (problems.length === 0) return
  throw new CloudNativeError({
    code: "MANIFESTS_INVALID",
    blame: "user",
    what: problems.length === 1 ? "the manifests have a problem" : `the manifests have ${problems.length} problems`,
    why: problems.map(formatProblem).join("\n"),
    fix: "fix the manifests as each line says",
  })
}
