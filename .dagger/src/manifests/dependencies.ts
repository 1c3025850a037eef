import { leaves } from "../util/leaves.js"
import { isDapr, isWorkload } from "./kinds.js"
import { containersOf } from "./pods.js"
import { referencesOf } from "./references.js"
import type { Release } from "./render.js"
import { entriesOf } from "./secret-values.js"
import { isSelected } from "./services.js"
import { isKind, type KubernetesObject } from "./shapes.js"

/** Where a Service without a selector leads to. */
const ENDPOINTS = ["Endpoints", "EndpointSlice"]

/**
 * What migrations may need of a release's objects: the workloads that run no image of the release, such as a database or a
 * broker, and the Services that lead to no pods of the release's own images.
 */
export function dependenciesOf(objects: KubernetesObject[], images: string[]): KubernetesObject[] {
  const own = objects.filter(object => runsAny(object, images))
  return objects.filter(object => {
    if (isKind(object, "Service")) return !own.some(workload => isSelected(object, workload))
    return ENDPOINTS.includes(object.kind) || (isWorkload(object.kind) && !own.includes(object))
  })
}

/**
 * Of these, what the release's own pods need when they start, such as the database of applications that make their tables
 * themselves: the workloads behind the Services that their settings name, and what those need in turn. A proxy in front of
 * the applications is not among them: it may need them first.
 */
export function neededToStart(
  { config, secrets, objects }: Pick<Release, "config" | "secrets" | "objects">,
  images: string[],
): KubernetesObject[] {
  const all = [...config, ...secrets, ...objects]
  const own = all.filter(object => runsAny(object, images) || isDapr(object.apiVersion))
  const dependencies = dependenciesOf(objects, images)
  const behind = (needed: KubernetesObject[]): KubernetesObject[] => {
    const texts = [...own, ...needed].flatMap(object => settingsOf(object, all))
    const services = dependencies.filter(
      object => isKind(object, "Service") && texts.some(text => namesHost(text, object.metadata.name)),
    )
    const found = dependencies.filter(
      object =>
        services.includes(object) ||
        services.some(service => isKind(service, "Service") && isSelected(service, object)) ||
        (ENDPOINTS.includes(object.kind) && services.some(({ metadata }) => metadata.name === object.metadata.name)),
    )
    return found.length === needed.length ? found : behind(found)
  }
  const needed = behind([])
  return needed.some(({ kind }) => isWorkload(kind)) ? needed : []
}

function runsAny(object: KubernetesObject, images: string[]): boolean {
  return containersOf(object).some(({ container }) => images.includes(container.image))
}

/** The texts that an object's pods read: of their containers, and of the ConfigMaps and Secrets that they refer to. */
function settingsOf(object: KubernetesObject, all: KubernetesObject[]): string[] {
  const own: unknown[] = isDapr(object.apiVersion)
    ? [object.spec]
    : containersOf(object).flatMap(({ container: { command = [], args = [], env = [] } }) => [command, args, env])
  return [
    ...own.flatMap(fields => leaves(fields)).map(([, text]) => text),
    ...referencesOf(object).flatMap(({ kind, name, keys }) =>
      all
        .filter(source => source.kind === kind && source.metadata.name === name)
        .flatMap(textsIn)
        .filter(([key]) => keys.length === 0 || keys.includes(key))
        .map(([, text]) => text),
    ),
  ]
}

function textsIn(source: KubernetesObject): [string, string][] {
  if (isKind(source, "ConfigMap")) return Object.entries(source.data ?? {})
  return entriesOf(source).map(({ key, text }) => [key, text])
}

/** Whether a text has a Service's name where an address has its host: postgres:5432, //user:password@postgres/app, postgres.shop.svc. */
function namesHost(text: string, service: string): boolean {
  return new RegExp(`(^|[(/@=,;\\s"'])${service}($|[.,;/\\s"')]|:(?!//))`).test(text)
}
