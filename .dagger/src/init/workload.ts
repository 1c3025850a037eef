import { isCalledAfter, lastPartOf } from "../manifests/own-images.js"
import type { Manifest } from "../manifests/parse.js"
import { containersOf } from "../manifests/pods.js"
import { isSelected, targetOf } from "../manifests/services.js"
import { type Container, isKind, type Service } from "../manifests/shapes.js"

/** How the repository's own manifests run an application. */
export interface Workload {
  service?: string
  port?: number
  health?: string
  /** The files with images that are the application's. */
  images: { file: string; image: string }[]
  /** Its image's name, where neither that of the application, its folder nor its Service tells it. */
  image?: string
}

/** How manifests run the images of an application, whose own names are `words`. */
export function workloadIn(manifests: Manifest[], isOwn: (image: string) => boolean, words: string[]): Workload {
  const alike = manifests.flatMap(manifest =>
    containersOf(manifest.object)
      .filter(({ container }) => isOwn(container.image))
      .map(({ container }) => ({ manifest, container })),
  )
  // The folder's name says more than a usual one: beside shop-web, kafka-ui is somebody else's.
  const called = alike.filter(({ container: { image } }) => isCalledAfter(image, words))
  const own = called.length > 0 ? called : alike
  const images = own.map(({ manifest: { file }, container: { image } }) => ({ file, image }))
  const served = own.flatMap(({ manifest: { object }, container }) =>
    manifests.flatMap(({ object: service }) =>
      isKind(service, "Service") && !isKind(object, "Job") && isSelected(service, object)
        ? [{ service, container }]
        : [],
    ),
  )[0]
  const service = served?.service.metadata.name
  const known = [...words, ...(service === undefined ? [] : [service])]
  const [other, ...more] = new Set(
    images.flatMap(({ image }) => (isCalledAfter(image, known) ? [] : lastPartOf(image))),
  )
  return {
    images,
    // Of several names, people say which it is.
    image: more.length > 0 ? undefined : other,
    service,
    port: served && portOf(served.service, served.container),
    health: served && healthOf(served.container),
  }
}

/** A port that answers others than the application's users. */
const ASIDE = /metrics|prometheus|admin|debug|management/

/** The container's port that the Service leads its users to: its first that is not called after something else. */
function portOf({ spec: { ports: served = [] } }: Service, { ports = [] }: Container): number | undefined {
  const isAside = (port: (typeof served)[number]) => ASIDE.test(`${port.name} ${targetOf(port)}`)
  const chosen = served.find(port => !isAside(port)) ?? served[0]
  const target = chosen && targetOf(chosen)
  return typeof target === "number" ? target : ports.find(port => port.name === target)?.containerPort
}

/** What is asked whether the process lives, else whether it answers. */
function healthOf({ livenessProbe, startupProbe, readinessProbe }: Container): string | undefined {
  return [livenessProbe, startupProbe, readinessProbe].map(probe => probe?.httpGet?.path).find(path => path)
}
