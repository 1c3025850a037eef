import { instructionsOf } from "../config/dockerfile.js"
import type { ApplicationName } from "./discover.js"

/** How the suite gets the system packages that the installation needs: from a stage of the Dockerfile, or by their names. */
export type SystemPackages = { target: string } | { packages: string[] }

/** Commands that install an application's own dependencies, not a tool. */
const INSTALLS: Record<ApplicationName, RegExp> = {
  backend:
    /\bpip3?\s+(install|wheel)\b[^&|;]*(\s-r|--requirement|\s\.(\s|\[|$))|\b(uv sync|poetry install|pdm (sync|install))\b/,
  frontend:
    /\bnpm (ci|install|i)\b(?![^&|;]*\s(-g|--global)\b)|\b(pnpm|bun) (install|i)\b|\byarn( install\b|\s+--|\s*(&&|$))/,
}
const ADDS = /\b(?:apt|apt-get|apk)\s+(?:-\S+\s+)*(?:install|add)\s+([^&|;]*)/g
const REMOVES = /\b(apk\s+del|apt(-get)?\s+(-\S+\s+)*(purge|remove|autoremove))\b/
/** What no package of an application is compiled with. */
const APART = /^(ca-certificates|curl|dumb-init|libc6-compat|tini|tzdata|wget)$/

interface Stage {
  name?: string
  from: string
  runs: string[]
}

/** Read off the stage of a Dockerfile that installs the dependencies; undefined where it adds no system packages for them. */
export function systemPackages(name: ApplicationName, dockerfile: string): SystemPackages | undefined {
  const stages = stagesOf(dockerfile)
  const installing = stages.find(({ runs }) => runs.some(run => INSTALLS[name].test(run)))
  if (!installing) return undefined
  const runs = withParents(installing, stages).flatMap(stage => stage.runs)
  const packages = [...new Set(runs.flatMap(packagesIn))]
  if (packages.length === 0) return undefined
  // What a stage has removed again is not there for the tests either.
  const isKept = !runs.some(run => REMOVES.test(run))
  return installing.name !== undefined && isKept ? { target: installing.name } : { packages }
}

function stagesOf(dockerfile: string): Stage[] {
  const stages: Stage[] = []
  for (const line of instructionsOf(dockerfile)) {
    const [, from, name] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? []
    if (from !== undefined) stages.push({ from, name, runs: [] })
    const [, run] = /^\s*RUN\s+(.*)$/i.exec(line) ?? []
    if (run !== undefined) stages.at(-1)?.runs.push(run)
  }
  return stages
}

/** A stage after those that it is built on. */
function withParents(stage: Stage, stages: Stage[]): Stage[] {
  const parent = stages
    .slice(0, stages.indexOf(stage))
    .find(({ name }) => name?.toLowerCase() === stage.from.toLowerCase())
  return [...(parent ? withParents(parent, stages) : []), stage]
}

function packagesIn(run: string): string[] {
  return [...run.matchAll(ADDS)]
    .flatMap(([, words]) => words!.trim().split(/\s+/))
    .map(word => word.replace(/[=~<>].*$/, ""))
    .filter(word => /^[a-z0-9][a-z0-9.+-]*$/.test(word) && !APART.test(word))
}
