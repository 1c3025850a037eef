import { describe } from "../manifest.js"
import { DEFAULT_GRACE } from "../pods.js"
import { type Problem, problemAt } from "../problem.js"
import { appContainers, appDeployments, type Context, servingDeployments } from "./context.js"
import { scaledTargets } from "./scaling.js"

/** Kubernetes' own, where a strategy says nothing. */
const DEFAULT_UNAVAILABLE = "25%"

export function* rolloutUnavailable(context: Context): Generator<Problem> {
  const scaled = scaledTargets(context.manifests)
  for (const { manifest, object } of servingDeployments(context)) {
    const { type = "RollingUpdate", rollingUpdate } = object.spec.strategy ?? {}
    const replicas = scaled.has(describe(object)) ? Infinity : (object.spec.replicas ?? 1)
    if (type === "RollingUpdate" && unavailable(rollingUpdate, replicas) === 0) continue
    yield problemAt(manifest, ["spec", "strategy", "rollingUpdate", "maxUnavailable"], {
      code: "ROLLOUT_UNAVAILABLE",
      what: `${describe(object)}: a rollout may take pods away before new ones are ready`,
      fix: "set strategy.type: RollingUpdate with rollingUpdate.maxUnavailable: 0",
    })
  }
}

/** How many pods may be away at a time, as Kubernetes counts: a percentage is rounded down, and one is where none may be added either. */
function unavailable(
  {
    maxUnavailable = DEFAULT_UNAVAILABLE,
    maxSurge,
  }: { maxUnavailable?: string | number; maxSurge?: string | number } = {},
  replicas: number,
): number {
  const number = parseInt(String(maxUnavailable))
  const away = String(maxUnavailable).endsWith("%") && number > 0 ? Math.floor((number * replicas) / 100) : number
  return away === 0 && parseInt(String(maxSurge)) === 0 ? 1 : away
}

export function* preStopMissing(context: Context): Generator<Problem> {
  for (const { manifest, container, path } of appContainers(context))
    if (!container.lifecycle?.preStop)
      yield problemAt(manifest, path, {
        code: "PRESTOP_MISSING",
        what: `${describe(manifest.object)}: container ${container.name} stops at once, while requests are still sent to it`,
        fix: "add lifecycle.preStop.sleep.seconds: 5",
      })
}

export function* graceTooShort(context: Context): Generator<Problem> {
  for (const { manifest, object, pods } of appDeployments(context)) {
    const { containers, terminationGracePeriodSeconds: grace = DEFAULT_GRACE } = pods.template.spec
    const sleep = Math.max(...containers.map(({ lifecycle }) => lifecycle?.preStop?.sleep?.seconds ?? 0))
    if (sleep > 0 && grace <= sleep)
      yield problemAt(manifest, [...pods.path, "spec", "terminationGracePeriodSeconds"], {
        code: "GRACE_TOO_SHORT",
        what: `${describe(object)}: the preStop sleep of ${sleep} s uses up all ${grace} s of terminationGracePeriodSeconds`,
        fix: "make it longer than the sleep plus the time the application takes to finish its requests",
      })
  }
}
