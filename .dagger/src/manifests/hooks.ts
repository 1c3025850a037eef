import { describe, type Manifest } from "./manifest.js"
import { type Problem, problemAt } from "./problem.js"
import type { KubernetesObject } from "./shapes.js"

/*
 * Annotations that say when Helm and Argo CD apply an object: before the others, with them, after them, or only on another
 * occasion, such as `helm test` or a deletion.
 */

type Moment = "before" | "with" | "after" | "never"

const MOMENTS: Record<string, Record<string, Moment>> = {
  "helm.sh/hook": {
    "crd-install": "before",
    "pre-install": "before",
    "pre-upgrade": "before",
    "post-install": "after",
    "post-upgrade": "after",
    "pre-delete": "never",
    "post-delete": "never",
    "pre-rollback": "never",
    "post-rollback": "never",
    test: "never",
    "test-success": "never",
    "test-failure": "never",
  },
  "argocd.argoproj.io/hook": {
    PreSync: "before",
    Sync: "with",
    PostSync: "after",
    SyncFail: "never",
    PreDelete: "never",
    PostDelete: "never",
    Skip: "never",
  },
}
const WAVE = "argocd.argoproj.io/sync-wave"
const WEIGHT = "helm.sh/hook-weight"

/** The annotation that makes an object a hook. */
interface Hook {
  annotation: string
  /** As it is written: one name, or several. */
  value: string
  /** Undefined where a name is unknown. */
  moment?: Moment
}

function hookOf({ metadata: { annotations = {} } }: KubernetesObject): Hook | undefined {
  const annotation = Object.keys(MOMENTS).find(key => annotations[key] !== undefined)
  if (!annotation) return undefined
  const value = annotations[annotation]!
  const moments = value.split(",").map(name => MOMENTS[annotation]![name.trim()])
  // Of one that runs on several occasions, the first counts: before an upgrade is after the first installation, too.
  const first = (["before", "with", "after", "never"] as const).find(moment => moments.includes(moment))
  return { annotation, value, moment: moments.includes(undefined) ? undefined : first }
}

/** The manifests that a deployment applies; the others are hooks of other occasions. */
export function withoutOtherHooks(manifests: Manifest[]): { applied: Manifest[]; others: string[] } {
  const isOther = ({ object }: Manifest) => hookOf(object)?.moment === "never"
  return {
    applied: manifests.filter(manifest => !isOther(manifest)),
    others: manifests.filter(isOther).map(({ object }) => {
      const { annotation, value } = hookOf(object)!
      return `${describe(object)} (${annotation}: ${value})`
    }),
  }
}

/** Kinds that run to their end. */
const RUNS = ["Job", "Pod"]
/** Hooks of Helm's that no upgrade runs. */
const FIRST_ONLY = ["crd-install", "pre-install", "post-install"]

/** What would have to run at another moment than this module runs Jobs at, which are migrations: before each rollout of a new content. */
export function* hookProblems(manifests: Manifest[]): Generator<Problem> {
  for (const manifest of manifests) {
    const { object } = manifest
    const hook = hookOf(object)
    const misfit = hook && RUNS.includes(object.kind) ? misfitOf(object, hook) : undefined
    if (hook && misfit)
      yield problemAt(manifest, ["metadata", "annotations", hook.annotation], {
        code: "HOOK_NOT_RUN",
        what: `${describe(object)}: ${hook.annotation}: ${hook.value}: ${misfit.why}`,
        fix: misfit.fix,
      })
  }
}

const TAKE_OUT = "take it out of the manifests that are deployed"

/** What keeps a hook from running when it is to run, and what to do. */
function misfitOf({ kind }: KubernetesObject, { moment, value }: Hook): { why: string; fix: string } | undefined {
  const isEarly = moment === "before" || moment === "with"
  if (!isEarly)
    return {
      why: moment
        ? "it is to run after the rollout, and this module runs Jobs before it, as migrations"
        : "this module knows no such hook",
      fix: `${TAKE_OUT}; handshake in cloud-native.yaml proves a release after its rollout. A migration is a Job without the annotation, or with pre-upgrade or PreSync`,
    }
  if (kind === "Pod")
    return {
      why: "this module runs no Pods to their end, only Jobs",
      fix: "make it a Job with the Pod's spec as its template",
    }
  if (value.split(",").every(name => FIRST_ONLY.includes(name.trim())))
    return {
      why: "it is to run with the first installation alone, and this module runs a Job whenever its content is new, as its image is with each release",
      fix: `${TAKE_OUT}, and run it once by hand; or add pre-upgrade to the annotation if it may run with each release`,
    }
  return undefined
}

/** The place in the order that annotations give an object: the lower, the earlier. */
export function waveOf({ metadata: { annotations = {} } }: KubernetesObject): number {
  return parseInt(String(annotations[WAVE] ?? annotations[WEIGHT])) || 0
}

/** Whether an object is applied before all that is no hook, or a hook among the others: waves order those of one moment only. */
export function isBeforeOthers(object: KubernetesObject): boolean {
  return hookOf(object)?.moment === "before"
}

/** Jobs in the order to run them: those of a stage side by side. Helm runs its hooks one by one, by weight and name. */
export function stagesOf<T extends KubernetesObject>(jobs: T[]): T[][] {
  const momentOf = (job: T) => (isBeforeOthers(job) ? 0 : 1)
  const nameOf = ({ metadata: { annotations, name } }: T) => (annotations?.["helm.sh/hook"] === undefined ? "" : name)
  const sorted = [...jobs].sort(
    (a, b) => momentOf(a) - momentOf(b) || waveOf(a) - waveOf(b) || nameOf(a).localeCompare(nameOf(b)),
  )
  const isBeside = (a: T, b: T) => momentOf(a) === momentOf(b) && waveOf(a) === waveOf(b) && nameOf(a) === nameOf(b)
  const stages: T[][] = []
  for (const job of sorted) {
    const first = stages.at(-1)?.[0]
    if (first && isBeside(first, job)) stages.at(-1)!.push(job)
    else stages.push([job])
  }
  return stages
}
