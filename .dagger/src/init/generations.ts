import { isIn, type Layout, normalize, upwards } from "../gate/layout.js"
import { CloudNativeError } from "../util/errors.js"
import { type ApplicationName, APPLICATIONS, candidates } from "./discover.js"

/** Folders of the applications, where the caller names them. */
export type Chosen = Partial<Record<ApplicationName, string>>
type Folders = Record<ApplicationName, string>

/** The folder of each application: the caller's, the only one there is, or the convention's. Of several, none is taken. */
export function chooseFolders(layout: Layout, chosen: Chosen): Folders {
  const given = Object.fromEntries(
    APPLICATIONS.flatMap(name => (chosen[name] ? [[name, folderGiven(name, chosen[name], layout)]] : [])),
  ) as Chosen
  const found: Record<ApplicationName, string[]> = {
    backend: given.backend ? [given.backend] : candidates("backend", layout).sort(byAge),
    frontend: given.frontend ? [given.frontend] : candidates("frontend", layout).sort(byAge),
  }
  const open = APPLICATIONS.filter(
    name => !given[name] && (found[name].length > 1 || isOfAnotherGeneration(name, found, layout)),
  )
  if (open.length > 0) throw undecided(open, found)
  return { backend: found.backend[0] ?? "backend", frontend: found.frontend[0] ?? "frontend" }
}

function folderGiven(name: ApplicationName, given: string, { files }: Layout): string {
  const folder = normalize(given)
  if (files.some(file => isIn(folder, file))) return folder
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `--${name}=${given}: the source has no such folder, or nothing in it; nothing was written`,
    why: "init reads the application's files to write what it needs",
    fix: "correct the folder, as seen from the source's root",
  })
}

/** Whether the only one there is belongs to a generation that the other application, of which there are several, is not of. */
function isOfAnotherGeneration(
  name: ApplicationName,
  found: Record<ApplicationName, string[]>,
  layout: Layout,
): boolean {
  const other = name === "backend" ? "frontend" : "backend"
  const [only] = found[name]
  const generations = otherGenerations({ [other]: found[other].at(-1) }, layout)
  return only !== undefined && generations.some(generation => isIn(generation, only))
}

function undecided(open: ApplicationName[], found: Record<ApplicationName, string[]>): CloudNativeError {
  const several = open.filter(name => found[name].length > 1)
  const example = suggestion(found)
  return new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what:
      several.length > 0
        ? `the repository has ${several.map(name => `${found[name].length} applications that may be the ${name}`).join(", and ")}; nothing was written`
        : `the repository's only ${open[0]} is of another generation than what was chosen; nothing was written`,
    why: open.flatMap(name => found[name].map(folder => `${name}: ${folder}`)).join("\n"),
    fix: `choose, for example: ${open.map(name => `--${name}=${example[name]}`).join(" ")}`,
  })
}

/** Of all pairs one that is not called old, of the deepest common folder; of several such pairs the newest. */
function suggestion(found: Record<ApplicationName, string[]>): Chosen {
  const orNone = (folders: string[]) => (folders.length > 0 ? folders : [undefined])
  const pairs = orNone(found.backend).flatMap(backend =>
    orNone(found.frontend).map((frontend): Chosen => ({ backend, frontend })),
  )
  return pairs.reduce((best, pair) => (rankOf(pair) >= rankOf(best) ? pair : best))
}

/** The folders that a pair has in common; none for one that is called old. */
function rankOf({ backend, frontend }: Chosen): number {
  if (backend === undefined || frontend === undefined) return 0
  if (RETIRED.test(backend) || RETIRED.test(frontend)) return -1
  return upwards(backend).filter(folder => folder !== "." && isIn(folder, frontend)).length
}

const RETIRED = /(^|[-_/])(old|legacy|deprecated|archived?|previous)($|[-_/])/i

/** The newest last, as far as names tell: what is called old before the rest, phase-2 before phase-10. */
function byAge(a: string, b: string): number {
  return Number(RETIRED.test(b)) - Number(RETIRED.test(a)) || a.localeCompare(b, "en", { numeric: true })
}

/**
 * The folders of other generations than that of the chosen applications: around each that might have been chosen in place of
 * one, the highest folder that holds none of the chosen. Where that is its own, it may be a neighbour, and is none.
 */
export function otherGenerations(chosen: Chosen, layout: Layout): string[] {
  const own = Object.values(chosen).filter(folder => folder !== undefined)
  const others = APPLICATIONS.flatMap(name => (chosen[name] ? candidates(name, layout) : [])).filter(
    folder => !own.includes(folder),
  )
  const around = others.flatMap(folder => {
    const top = upwards(folder).findLast(above => !own.some(path => isIn(above, path)))
    return top === undefined || top === folder ? [] : [top]
  })
  return [...new Set(around)]
}

/** Whether a path is of another generation: in its folder, or in one that is called like it, as charts/phase-2. */
export function elsewhere(chosen: Folders, layout: Layout): (path: string) => boolean {
  const generations = otherGenerations(chosen, layout)
  const own = Object.values(chosen).flatMap(path => path.split("/"))
  const names = generations.map(generation => generation.split("/").at(-1)!).filter(name => !own.includes(name))
  return path =>
    generations.some(generation => isIn(generation, path)) || path.split("/").some(part => names.includes(part))
}
