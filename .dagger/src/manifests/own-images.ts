import { keyOf } from "../config/applications.js"
import { imagesOf, notWatched } from "./images.js"
import { describe, type Manifest, type Path } from "./manifest.js"
import { containersOf, podsOf } from "./pods.js"
import { type Problem, problemAt } from "./problem.js"
import type { Container, KubernetesObject } from "./shapes.js"

/** An application, as an image may be called after it. */
export interface Named {
  path: string
  service: string
  image?: string
}

export interface Matched {
  problems: Problem[]
  /** What was changed, for the log. */
  notes: string[]
}

/**
 * Write the placeholder of an application wherever its image stands by name, as in charts: "shop-api:1.2" is the application
 * that is called api, whose folder is, or that says `image: shop-api`. A digest is somebody else's image.
 */
export function placeOwnImages(manifests: Manifest[], apps: Record<string, Named>): Matched {
  const problems: Problem[] = []
  const notes = new Set<string>()
  const namesOf = namesByApplication(manifests, apps)
  for (const manifest of manifests)
    for (const { container, path } of containersOf(manifest.object)) {
      const { image } = container
      const at = [...path, "image"]
      const found = image in apps ? [] : applicationsOf(image, apps)
      const [name] = found
      if (found.length > 1) problems.push(ofSeveral(manifest, at, container, found))
      else if (name !== undefined && namesOf[name]!.length > 1)
        problems.push(oneOfSeveral(manifest, at, container, name, namesOf[name]!))
      else if (name !== undefined) {
        notes.add(`${image} is the image of the ${name} that is built here`)
        container.image = name
      }
    }
  for (const manifest of manifests)
    for (const { name: image, path } of imagesOfOthers(manifest.object))
      // A placeholder is told with all that is wrong with the manifests.
      if (!(image in apps) && applicationsOf(image, apps).length > 0) problems.push(notWatched(manifest, path, image))
  for (const { object } of manifests)
    for (const { container } of containersOf(object))
      if (container.imagePullPolicy === "Never") {
        container.imagePullPolicy = "IfNotPresent"
        notes.add(
          `${describe(object)}: imagePullPolicy of container ${container.name} is IfNotPresent instead of Never: an image by digest comes from a registry`,
        )
      }
  return { problems, notes: [...notes] }
}

/** An image that is called after several applications. */
function ofSeveral(manifest: Manifest, at: Path, { name, image }: Container, apps: string[]): Problem {
  return problemAt(manifest, at, {
    code: "IMAGE_AMBIGUOUS",
    what: `image ${image} of container ${name} may be ${apps.join(" or ")}`,
    fix: `say whose it is in cloud-native.yaml: ${apps.map(app => `${keyOf(app)}.image: ${nameIn(image)}`).join(", or ")}`,
  })
}

/** One of several names that are called after the same application, as shop-ui and somebody's kafka-ui. */
function oneOfSeveral(manifest: Manifest, at: Path, { name, image }: Container, app: string, names: string[]): Problem {
  const others = names.filter(other => other !== lastPartOf(image))
  return problemAt(manifest, at, {
    code: "IMAGE_AMBIGUOUS",
    what: `image ${image} of container ${name} may be ${app}, and so may ${others.join(" and ")}`,
    fix: `say which is built here in cloud-native.yaml: ${names.map(other => `${keyOf(app)}.image: ${other}`).join(", or ")}; pin somebody else's by digest`,
  })
}

/** What images are called that are taken for an application's, its placeholder included; one name where the config says it. */
function namesByApplication(manifests: Manifest[], apps: Record<string, Named>): Record<string, string[]> {
  const images = manifests.flatMap(({ object }) => containersOf(object).map(({ container }) => container.image))
  return Object.fromEntries(
    Object.entries(apps).map(([app, { image: said }]) => {
      const own = images.filter(image => image === app || (!(image in apps) && applicationsOf(image, apps)[0] === app))
      return [app, said === undefined ? [...new Set(own.map(lastPartOf))] : [said]]
    }),
  )
}

/** Where custom kinds, as a Rollout or a Workflow, have containers; elsewhere an image may be a name only, as in Flux's. */
const CONTAINERS = ["containers", "initContainers", "container", "steps", "script"]

/** The images of the containers that an object of a kind has whose pods the module does not know. */
function imagesOfOthers(object: KubernetesObject): { name: string; path: Path }[] {
  if (podsOf(object)) return []
  return imagesOf(object).filter(({ path }) => path.some(part => CONTAINERS.includes(String(part))))
}

function applicationsOf(image: string, apps: Record<string, Named>): string[] {
  if (isByDigest(image)) return []
  const name = nameIn(image)
  const all = Object.entries(apps)
  const said = all.filter(([, app]) => app.image && (name === app.image || name.endsWith(`/${app.image}`)))
  if (said.length > 0) return said.map(([app]) => app)
  return all.flatMap(([app, { path, service, image: own }]) =>
    own === undefined && isCalledAfter(image, [app, path.split("/").at(-1)!, service]) ? app : [],
  )
}

/** Whether the last part of an image's name is one of the words, or ends in one. */
export function isCalledAfter(image: string, words: string[]): boolean {
  const last = lastPartOf(image)
  return words.some(word => last === word || ["-", "_", "."].some(dash => last.endsWith(dash + word)))
}

/** The last part of an image's name: shop-api of ghcr.io/acme/shop-api:1.2. */
export function lastPartOf(image: string): string {
  return nameIn(image).split("/").at(-1)!
}

/** What stands before tag and digest, also where it is no valid reference, as YOUR_ACCOUNT/shop-api or a name whose tag --set gives. */
function nameIn(image: string): string {
  return image.replace(/@.*/, "").replace(/:[^:/]*$/, "")
}

function isByDigest(image: string): boolean {
  return /@./.test(image)
}
