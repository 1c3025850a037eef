import { applicationsOf } from "../config/applications.js"
import type { Expectations } from "../config/expectations.js"
import type { Config } from "../config/schema.js"
import { namesInCluster } from "../config/services.js"
import { stagesOf } from "../manifests/hooks.js"
import { podsOf } from "../manifests/pods.js"
import { selects, targetOf } from "../manifests/services.js"
import { type Container, isKind, type PodTemplate, type Service } from "../manifests/shapes.js"
import type { Recorded } from "../release/history.js"
import { containerSettings, type Known, knownOf, madeUpSecrets, podOf, type PodSettings } from "../verify/run/pod.js"
import type { Finding } from "./finding.js"
import { lockWatcher } from "./locks.js"

/** A container of a release, as its manifests run it. */
export interface Program {
  image: string
  pod: PodSettings
  /** What it finds beside what its image has, by path. */
  files?: Record<string, string>
}

/** An application that runs; one without a port answers no requests. */
export interface RunningApplication extends Program {
  port?: number
  health: string
}

/** The names of a Service, and which port of an application each of its ports leads to. */
export interface StandIn {
  names: string[]
  application: string
  ports: Record<number, number>
}

/** A release, as containers run it. */
export interface Side {
  /** In the order in which they run; a Job with several containers has a place for each. */
  migrations: (Program & { job: string })[]
  applications: Record<string, RunningApplication>
  services: StandIn[]
  publicUrl: string
  expectations: Expectations
  /** What its requests refer to. */
  secrets: Record<string, string>
}

/** Both releases, and the backing services that their containers have. */
export interface Trial {
  running: Side
  coming: Side
  services: string[]
  /** Shows the locks of their database; unset: it is none whose locks this module knows. */
  lockWatcher?: Program
}

/** A release of which it is known what it answers. */
export type ReleaseToTry = Recorded & Required<Pick<Recorded, "expectations">>

/** Whether the migrations of a release are to be tried on the code that runs: none: it has none; same: they are those of the running release. */
export type Plan =
  { kind: "none" } | { kind: "same" } | { kind: "not-checked"; finding: Finding } | ({ kind: "trial" } & Trial)

/** What to try before a release is brought to a cluster on which another one, or nothing, runs. */
export function planTrial(running: Recorded | undefined, coming: ReleaseToTry, config: Config): Plan {
  const { migrations } = coming.release
  if (migrations.length === 0) return { kind: "none" }
  if (!running) return { kind: "not-checked", finding: { kind: "no-previous-release" } }
  const known = new Set(running.release.migrations.map(({ metadata }) => metadata.name))
  // The name of a Job is made of its content, images included.
  if (migrations.every(({ metadata }) => known.has(metadata.name))) return { kind: "same" }
  const services = servicesOf(config)
  if (services.length === 0) return { kind: "not-checked", finding: { kind: "no-services" } }
  const { expectations } = running
  if (!expectations) return { kind: "not-checked", finding: { kind: "no-expectations" } }
  if (expectations.requests.length + expectations.handshake.length === 0)
    return { kind: "not-checked", finding: { kind: "nothing-asked" } }
  return {
    kind: "trial",
    running: sideOf({ ...running, expectations }, config),
    coming: sideOf(coming, config),
    services,
    lockWatcher: lockWatcher(services, config),
  }
}

/** The backing services that an ephemeral cluster has, or tests. */
function servicesOf(config: Config): string[] {
  const ofTests = Object.values(applicationsOf(config)).flatMap(({ test }) => test.services)
  return [...new Set([...config.ephemeral.services, ...ofTests])]
}

function sideOf({ release, images, publicUrl, expectations }: ReleaseToTry, config: Config): Side {
  const { objects } = release
  // The Secrets that are rendered have the values of the user's cluster: here, there are others.
  const known = knownOf([...release.config, ...objects], config, release.secretName)
  const pods = podsOfApplications(objects, images, config)
  return {
    migrations: stagesOf(release.migrations).flatMap(jobs =>
      jobs.flatMap(job =>
        programsOf(podsOf(job)!.template, known, config).map(program => ({ ...program, job: job.metadata.name })),
      ),
    ),
    applications: Object.fromEntries(
      pods.map(({ name, template, container }) => {
        const { port, health } = applicationsOf(config)[name]!
        return [
          name,
          { image: container.image, pod: containerSettings(container, template, known, config), port, health },
        ]
      }),
    ),
    services: objects
      .filter(object => isKind(object, "Service"))
      .flatMap(service => pods.flatMap(pod => standInOf(service, pod, config.namespace) ?? [])),
    publicUrl,
    expectations,
    secrets: madeUpSecrets(config),
  }
}

interface ApplicationPod {
  name: string
  template: PodTemplate
  container: Container
}

/** The pods of each application that the release has. */
function podsOfApplications(
  objects: Recorded["release"]["objects"],
  images: Record<string, string>,
  config: Config,
): ApplicationPod[] {
  return Object.entries(applicationsOf(config)).flatMap(([name, { service }]) => {
    const image = images[name]
    const found = image === undefined ? undefined : podOf(objects, image, service)
    return found ? [{ name, ...found }] : []
  })
}

/** The containers of a Job, those before it included; a sidecar has nobody to stand beside. */
function programsOf(template: PodTemplate, known: Known, config: Config): Program[] {
  const { initContainers = [], containers } = template.spec
  return [...initContainers.filter(({ restartPolicy }) => restartPolicy !== "Always"), ...containers].map(
    container => ({
      image: container.image,
      pod: containerSettings(container, template, known, config),
    }),
  )
}

/** What a Service is to the pods of an application; undefined where it selects others. */
function standInOf(
  service: Service,
  { name, template, container }: ApplicationPod,
  namespace: string,
): StandIn | undefined {
  if (!selects(service.spec.selector, template.metadata?.labels)) return undefined
  const portOf = (target: string | number) =>
    typeof target === "number" ? target : container.ports?.find(port => port.name === target)?.containerPort
  const ports = (service.spec.ports ?? []).flatMap(port => {
    const to = portOf(targetOf(port))
    // Nothing translates the ports of a headless one.
    return to === undefined ? [] : [[service.spec.clusterIP === "None" ? to : port.port, to] as const]
  })
  return {
    names: namesInCluster(service.metadata.name, namespace),
    application: name,
    ports: Object.fromEntries(ports),
  }
}
