import { isIn, type Layout, parentOf } from "../gate/layout.js"
import { isCalledAfter } from "../manifests/own-images.js"
import type { Manifest } from "../manifests/parse.js"
import { containersOf } from "../manifests/pods.js"
import { readReference } from "../registry/reference.js"
import { hasTests, isAside } from "./discover.js"
import { isUsual } from "./image-names.js"
import { copiesFrom } from "./own-dockerfiles.js"
import { workloadIn } from "./workload.js"

/** An application beside the two: the manifests run it, and the repository has its Dockerfile. */
export interface Other {
  path: string
  dockerfile: string
  context?: string
  /** Its Service; unset where it has none. */
  service?: string
  /** Unset where no Service leads to it, as to a worker. */
  port?: number
  health?: string
  hasTests: boolean
}

/** A Dockerfile that is neither the backend's nor the frontend's, with the word that its image is called after. */
export interface OtherDockerfile {
  word: string
  path: string
  dockerfile: string
}

/** Parts of a Dockerfile's name that say what it is for, not what it runs. */
const PURPOSES = /^(dev|develop|development|prod|production|staging|test|ci|local|debug)$/
/** What cloud-native.yaml takes as an application's name. */
const NAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/
const CODE = /\.(py|[cm]?[jt]sx?|go|rs)$/

/** worker/Dockerfile, docker/worker.dockerfile and api/Dockerfile.worker are all called after the worker. `folders`: those of the two. */
export function otherDockerfiles(folders: string[], layout: Layout): OtherDockerfile[] {
  const ofTheTwo = ["source", ...folders.map(path => path.split("/").at(-1)!)]
  return layout.files
    .filter(file => !isAside(file))
    .flatMap(dockerfile => {
      const folder = parentOf(dockerfile)
      const [, suffix, prefix] = /(?:^|\/)(?:Dockerfile\.([^/]+)|([^/]+)\.Dockerfile)$/i.exec(dockerfile) ?? []
      const word = suffix ?? prefix
      if (word !== undefined) return [{ word, path: folderOf(word, folder, layout), dockerfile }]
      const isPlain = /(^|\/)Dockerfile$/.test(dockerfile) && folder !== "." && !folders.includes(folder)
      return isPlain ? [{ word: folder.split("/").at(-1)!, path: folder, dockerfile }] : []
    })
    .filter(({ word }) => NAME.test(word) && !PURPOSES.test(word) && !ofTheTwo.includes(word) && !isUsual(word))
}

/** The folder that is called like the application; else the one that the Dockerfile is in, or the root where that has no code. */
function folderOf(word: string, folder: string, { files }: Layout): string {
  const named = files.map(parentOf).find(path => path.split("/").at(-1) === word && !isAside(path))
  return named ?? (files.some(file => isIn(folder, file) && CODE.test(file)) ? folder : ".")
}

/** Those of these whose image manifests run. */
export function runBy(manifests: Manifest[], others: OtherDockerfile[]): string[] {
  return others.map(({ word }) => word).filter(word => imagesOf(word, manifests).length > 0)
}

/** What the manifests say of those that they run, by name. */
export function discoverOthers(
  others: OtherDockerfile[],
  manifests: Manifest[],
  layout: Layout,
): Record<string, Other> {
  const run = others.filter(({ word }) => imagesOf(word, manifests).length > 0)
  return Object.fromEntries(
    run.map(({ word, path, dockerfile }) => {
      const images = imagesOf(word, manifests)
      const { service, port, health } = workloadIn(manifests, image => images.includes(image), [word])
      const context = copiesFrom(layout.texts[dockerfile] ?? "", path) ? "." : undefined
      return [word, { path, dockerfile, context, service, port, health, hasTests: hasTests(path, layout) }]
    }),
  )
}

/** The images that are called after a word; a digest is somebody else's image. */
function imagesOf(word: string, manifests: Manifest[]): string[] {
  return manifests
    .flatMap(({ object }) => containersOf(object).map(({ container }) => container.image))
    .filter(image => isCalledAfter(image, [word]) && readReference(image)?.digest === undefined)
}
