import { instructionsOf } from "../config/dockerfile.js"
import { isIn, normalize, relativeTo } from "./layout.js"

/**
 * Versions that a repository leaves open. Those that the tests ran on go into the image as a file of the build's context: the
 * lockfile that the installation made, or for pip, which makes none, a file of constraints.
 */
export interface OpenVersions {
  /** What leaves them open, for a person. */
  what: string
  /** How a person pins them. */
  fix: string
  /** The file that pins them, from the source's root. */
  file: string
  /** Lists what is installed, for a file of constraints; unset: the installation writes the file. */
  freeze?: string[]
}

/** Constraints of pip's format. A repository may have others of its own. */
export const CONSTRAINTS = "cloud-native.constraints.txt"

/** What to say of open versions. `isTaken`: the image is built with those that the tests ran on. */
export function openVersions({ what, fix }: OpenVersions, isTaken: boolean): string {
  const got = isTaken
    ? "gets those that the tests ran on, which another day are others"
    : "may get others than the tests ran on"
  return `${what}: the image ${got}; ${fix}`
}

/** Versions that are open since there is no lockfile: `command` makes one in the folder. */
export function withoutLockfile(folder: string, command: string): Pick<OpenVersions, "what" | "fix"> {
  const place = folder === "." ? "the repository's root" : folder
  return {
    what: `${place} has no lockfile, so the newest versions are tested`,
    fix: `make one: \`${command}\` in ${place}`,
  }
}

/**
 * The path in a build's context at which its Dockerfile copies a file, whose path is from the source's root; undefined where
 * it does not. Where there is no such file, it takes a pattern to build: `COPY package.json package-lock.json* ./`.
 */
export function placeIn(context: string, dockerfile: string, file: string): string | undefined {
  const folder = normalize(context)
  if (!isIn(folder, file)) return undefined
  const path = relativeTo(folder, file)
  return copied(dockerfile).some(pattern => pattern.test(path)) ? path : undefined
}

/** What a Dockerfile copies of its context, as patterns of paths. */
function copied(dockerfile: string): RegExp[] {
  return instructionsOf(dockerfile)
    .flatMap(line => [...line.matchAll(/^\s*(?:COPY|ADD)\s+((?:--\S+\s+)*)(.*\S)\s+\S/gi)])
    .filter(([, flags]) => !/--from=/i.test(flags!))
    .flatMap(([, , sources]) => sources!.split(/\s+/))
    .map(source => patternOf(normalize(source)))
}

/** As Docker and shells match: no wildcard stands for a slash. */
export function patternOf(glob: string): RegExp {
  const steps: Record<string, string> = { "*": "[^/]*", "?": "[^/]" }
  return new RegExp(`^${glob.replace(/[*?.+^${}()|\\]/g, sign => steps[sign] ?? `\\${sign}`)}$`)
}

/** The file of constraints that a list of installed packages makes; what comes from elsewhere than an index has no version to ask for. */
export function constraintsOf(installed: string): string {
  return installed
    .split(/\r?\n/)
    .filter(line => /^[A-Za-z0-9][\w.-]*==\S+$/.test(line))
    .sort()
    .map(line => `${line}\n`)
    .join("")
}
