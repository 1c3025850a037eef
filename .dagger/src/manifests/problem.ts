import { CloudNativeError } from "../util/errors.js"
import type { Manifest, Path, Position } from "./manifest.js"

/** Something wrong with the manifests, as data: what, where (unless it is something missing), and the way out. */
export interface Problem {
  code: string
  what: string
  fix: string
  where?: Position & { file: string }
}

export function problemAt(manifest: Manifest, path: Path, problem: Omit<Problem, "where">): Problem {
  return { ...problem, where: { file: manifest.file, ...manifest.locate(path) } }
}

export function formatProblem({ what, fix, where }: Problem): string {
  return `${where ? `${where.file}:${where.line}:${where.column}: ` : ""}${what}\n    ${fix}`
}

/** All problems in one error, so that they can be mended in one go. */
export function assertNone(problems: Problem[]): void {
  if (problems.length === 0) return
  throw new CloudNativeError({
    code: "MANIFESTS_INVALID",
    blame: "user",
    what: problems.length === 1 ? "the manifests have a problem" : `the manifests have ${problems.length} problems`,
    why: problems.map(formatProblem).join("\n"),
    fix: "mend the manifests as said above",
  })
}
