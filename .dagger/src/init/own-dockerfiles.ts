import { parseDockerfile } from "../config/dockerfile.js"
import { inFolder, isIn, type Layout, parentOf, relativeTo, upwards } from "../gate/layout.js"
import { type ComposeBuild, composeBuilds, isCompose } from "./compose.js"
import type { ApplicationName } from "./discover.js"
import { isUsual } from "./image-names.js"

/** What an application's image is built from. */
export interface OwnDockerfiles {
  /** Unset where there is none, or where none of several is by the convention. */
  dockerfile?: string
  /** Where it is not the application's folder. */
  context?: string
  /** Where it is not the last stage. */
  target?: string
  /** All that may be the application's, where there are several. */
  fitting?: string[]
}

/** Files and stages for those who develop or test. */
const WORDS = "dev|devel|develop|development|test|tests|testing|ci|e2e|local|debug|override"
const NOT_SHIPPED = new RegExp(`(^|/)docker/(${WORDS})/|(^|[/._-])(${WORDS})([._-][^/]*)?$`, "i")

/** The Dockerfiles of an application, by the convention, by their names and by compose files. `others`: folders of other applications, not around it. */
export function ownDockerfiles(name: ApplicationName, path: string, others: string[], layout: Layout): OwnDockerfiles {
  const words = wordsFor(name, path, layout)
  const builds = buildsIn(path, layout)
  const own = ofApplication(builds, name, path, words, others, layout)
  const conventional = conventions(path).filter(file => layout.files.includes(file))
  const named = layout.files.filter(file => isNamedAfter(file, path, words) && !NOT_SHIPPED.test(file))
  const fitting = [...new Set([...conventional, ...named, ...own.map(({ dockerfile }) => dockerfile)])]
  const dockerfile = conventional[0] ?? (fitting.length === 1 ? fitting[0] : undefined)
  return {
    dockerfile,
    ...(dockerfile !== undefined && settingsOf(dockerfile, path, own, layout.texts[dockerfile] ?? "")),
    ...(fitting.length > 1 && { fitting }),
  }
}

/** Whether a Dockerfile copies by paths from the repository's root. */
export function copiesFrom(dockerfile: string, path: string): boolean {
  return (
    path !== "." &&
    new RegExp(`^\\s*(COPY|ADD)\\s+(--\\S+\\s+)*(\\./)?${path.replace(/[.+]/g, "\\$&")}(/|\\s)`, "m").test(dockerfile)
  )
}

/** The usual places, the surest first. */
function conventions(path: string): string[] {
  return ["Dockerfile", "Dockerfile.prod", "Dockerfile.production", "docker/Dockerfile"].flatMap(file => [
    inFolder(path, file),
    ...(path === "." ? [] : [`docker/${path.split("/").at(-1)}.dockerfile`]),
  ])
}

/** Whether a word names the application: that of its folder, or a usual one that no folder beside it is called by. */
function wordsFor(name: ApplicationName, path: string, { files }: Layout): (word: string) => boolean {
  const isBeside = (word: string) =>
    upwards(path)
      .slice(1)
      .map(above => inFolder(above, word))
      .some(folder => !isIn(folder, path) && files.some(file => file.startsWith(`${folder}/`)))
  return word => word === path.split("/").at(-1)!.toLowerCase() || (isUsual(word, name) && !isBeside(word))
}

/** Dockerfile.web, web.Dockerfile and docker/web/Dockerfile, in the application's folder, in one above, or in docker/ there. */
function isNamedAfter(file: string, path: string, isOwn: (word: string) => boolean): boolean {
  const folder = upwards(path).find(above => isIn(above, file))!
  const [, suffix, prefix, inDocker] =
    /^(?:docker\/)?(?:Dockerfile[._-]([^/]+)|([^/]+)\.Dockerfile)$|^docker\/([^/]+)\/Dockerfile$/i.exec(
      relativeTo(folder, file),
    ) ?? []
  const word = (suffix ?? prefix ?? inDocker)?.toLowerCase().replace(/[._-]prod(uction)?$/, "")
  return word !== undefined && isOwn(word)
}

/** What compose files above the application build, without what is for development. */
function buildsIn(path: string, layout: Layout): ComposeBuild[] {
  const folders = upwards(path).flatMap(folder => [folder, inFolder(folder, "docker")])
  return layout.files
    .filter(file => isCompose(file) && folders.includes(parentOf(file)) && !NOT_SHIPPED.test(file))
    .flatMap(file => composeBuilds(file, layout))
    .filter(({ dockerfile }) => !NOT_SHIPPED.test(dockerfile))
}

/** The builds that are the application's: those of services called after it, else those of its folder that are no other's. */
function ofApplication(
  builds: ComposeBuild[],
  name: ApplicationName,
  path: string,
  isOwn: (word: string) => boolean,
  others: string[],
  { texts }: Layout,
): ComposeBuild[] {
  const other = name === "backend" ? "frontend" : "backend"
  const isOthers = ({ service, dockerfile, context, target }: ComposeBuild) =>
    (context !== path && isUsual(service, other)) ||
    // A worker of the same folder has a Dockerfile or a stage that is called like it.
    target === service ||
    dockerfile.split(/[/._-]/).includes(service)
  const isConcerned = ({ dockerfile, context }: ComposeBuild) =>
    context === path ||
    (path !== "." && isIn(path, dockerfile)) ||
    (isIn(context, path) && copiesFrom(texts[dockerfile] ?? "", relativeTo(context, path)))
  const possible = builds.filter(({ dockerfile }) => !others.some(folder => isIn(folder, dockerfile)))
  const named = possible.filter(({ service, context }) => isOwn(service) && isIn(context, path))
  return named.length > 0 ? named : possible.filter(build => isConcerned(build) && !isOthers(build))
}

/** The context and the stage that compose files build a Dockerfile with, where they agree; else the context that it copies from. */
function settingsOf(
  dockerfile: string,
  path: string,
  builds: ComposeBuild[],
  text: string,
): Pick<OwnDockerfiles, "context" | "target"> {
  const own = builds.filter(build => build.dockerfile === dockerfile)
  const shipped = own.filter(({ target }) => target === undefined || !NOT_SHIPPED.test(target))
  const contexts = [...new Set(own.map(({ context }) => context))]
  const targets = [...new Set(shipped.map(({ target }) => target?.toLowerCase()))]
  const { stages } = parseDockerfile(text)
  const stage = targets.length === 1 ? stages.find(({ name }) => name !== undefined && name === targets[0]) : undefined
  const context = contexts.length === 1 ? contexts[0] : copiesFrom(text, path) ? "." : path
  return {
    ...(context !== path && { context }),
    ...(stage !== undefined && stage !== stages.at(-1) && { target: stage.name }),
  }
}
