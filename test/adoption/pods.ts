// What the pods of a shape have to be like while a release runs.
import { ANNOTATION, SIDECAR } from "../lab/injector.ts"

export interface Pod {
  metadata: {
    name: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    deletionTimestamp?: string
  }
  spec: { containers: { name: string; image: string }[] }
  status: { phase?: string; containerStatuses?: { name: string; ready: boolean }[] }
}

export interface Job {
  metadata: { name: string; annotations?: Record<string, string>; labels?: Record<string, string> }
  spec: { suspend?: boolean; template: { metadata: { annotations?: Record<string, string> } } }
  status: { active?: number }
}

/** What is wrong with the pods that ask for a sidecar: of each release one has to run, with it, and without an image of `earlier`. */
export function podProblems(pods: Pod[], releases: string[], earlier: string): string[] {
  // The pod of Helm's hook has ended, and stays.
  const hasEnded = ({ status: { phase = "" } }: Pod) => ["Succeeded", "Failed"].includes(phase)
  const running = pods.filter(
    pod => asks(pod.metadata.annotations) && !pod.metadata.deletionTimestamp && !hasEnded(pod),
  )
  const instances = running.map(({ metadata }) => metadata.labels?.["app.kubernetes.io/instance"])
  return [
    ...releases.filter(release => !instances.includes(release)).map(release => `${release} has no pod`),
    ...running.flatMap(({ metadata: { name }, spec: { containers }, status: { containerStatuses = [] } }) => [
      ...(containers.some(container => container.name === SIDECAR) ? [] : [`${name} has no ${SIDECAR}`]),
      ...containers
        .filter(container => !containerStatuses.some(({ name, ready }) => name === container.name && ready))
        .map(container => `${name}: ${container.name} is not ready`),
      ...containers
        .filter(({ image }) => image.endsWith(`:${earlier}`))
        .map(({ image }) => `${name} still runs ${image}`),
    ]),
  ]
}

/** What is wrong with this module's Jobs whose pods ask for a sidecar: each has to be done, and nothing of it to run on. */
export function jobProblems(jobs: Job[]): string[] {
  const own = jobs.filter(
    ({ metadata, spec }) =>
      metadata.labels?.["app.kubernetes.io/managed-by"] === "cloud-native" && asks(spec.template.metadata.annotations),
  )
  if (own.length === 0) return ["no Job was made"]
  return own.flatMap(({ metadata: { name, annotations }, spec: { suspend }, status: { active = 0 } }) => [
    ...(annotations?.["cloud-native/done"] === "true" && suspend ? [] : [`${name} is not done`]),
    ...(active > 0 ? [`${name} runs on`] : []),
  ])
}

function asks(annotations: Record<string, string> = {}): boolean {
  return Object.entries(ANNOTATION).every(([name, value]) => annotations[name] === value)
}
