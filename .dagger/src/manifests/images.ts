import type { Manifest } from "./manifest.js"
import { containersOf, podsOf } from "./pods.js"
import { type Problem, problemAt } from "./problem.js"
import type { KubernetesObject } from "./shapes.js"

const DIGEST = /@sha256:[0-9a-f]{64}$/

/** Each application's image must stand somewhere, by its placeholder; every other image by digest. */
export function* imageProblems(manifests: Manifest[], placeholders: string[]): Generator<Problem> {
  const used = new Set<string>()
  for (const manifest of manifests)
    for (const { container, path } of containersOf(manifest.object)) {
      used.add(container.image)
      if (!placeholders.includes(container.image) && !DIGEST.test(container.image))
        yield problemAt(manifest, [...path, "image"], {
          code: "IMAGE_NOT_PINNED",
          what: `image ${container.image} of container ${container.name} is neither a placeholder nor a digest`,
          fix: `write ${placeholders.map(name => `image: ${name}`).join(" or ")} for an image built here, else pin it: ${container.image}@sha256:…`,
        })
    }
  for (const name of placeholders)
    if (!used.has(name))
      yield {
        code: "IMAGE_NOT_USED",
        what: `no container has the placeholder image: ${name}`,
        fix: `write image: ${name} where the image of the ${name} built here is to run`,
      }
}

/** The application that the pods of an object are; init containers only prepare. */
export function appOf(object: KubernetesObject, placeholders: string[]): string | undefined {
  return podsOf(object)
    ?.template.spec.containers.map(({ image }) => image)
    .find(image => placeholders.includes(image))
}

/** Put the references by digest where the placeholders are. */
export function placeImages(object: KubernetesObject, images: Record<string, string>): void {
  for (const { container } of containersOf(object)) container.image = images[container.image] ?? container.image
}
