import { dryRun } from "../kubernetes/dry-run.js"
import { type Kubectl } from "../kubernetes/kubectl.js"
import { describe } from "../manifests/manifest.js"
import { podsOf } from "../manifests/pods.js"
import type { KubernetesObject } from "../manifests/render.js"
import { CloudNativeError, lastLines } from "../util/errors.js"

/** From what asks least of pods to what asks most. */
const LEVELS = ["privileged", "baseline", "restricted"]
const ENFORCED = "jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}"

/** What PodSecurity warns of, and the level that the pods violate. */
export interface PodSecurityWarning {
  level: string
  text: string
}

/** The warnings of PodSecurity in what a dry run printed. It warns of a workload where it would refuse the workload's pods. */
export function podSecurityWarnings(stderr: string): PodSecurityWarning[] {
  return [...stderr.matchAll(/^Warning: (would violate PodSecurity "(\w+):.*)$/gm)].map(
    ([, text = "", level = ""]) => ({
      level,
      text,
    }),
  )
}

/** Whether a namespace that enforces one level refuses what violates another; `enforced` is empty where it has no label. */
export function isRefused({ level }: PodSecurityWarning, enforced: string): boolean {
  return LEVELS.indexOf(enforced) >= LEVELS.indexOf(level)
}

/** Throw where the namespace would refuse pods of the objects. `stderr`: what a dry run of all of them printed. */
export async function assertPodSecurity(kubectl: Kubectl, objects: KubernetesObject[], stderr: string): Promise<void> {
  if (podSecurityWarnings(stderr).length === 0) return
  const enforced = await kubectl.run(["get", "namespace", kubectl.namespace, `--output=${ENFORCED}`])
  // A caller who may not read the namespace cannot tell whether it only warns.
  const isFatal = (warning: PodSecurityWarning) => enforced.exitCode !== 0 || isRefused(warning, enforced.stdout.trim())
  const problems = (
    await Promise.all(objects.filter(podsOf).map(object => warningsOf(kubectl, object, isFatal)))
  ).flat()
  if (problems.length === 0)
    return console.log(
      `preflight: warning: ${podSecurityWarnings(stderr)
        .map(({ text }) => text)
        .join("; ")}`,
    )
  throw new CloudNativeError({
    code: "MANIFESTS_INVALID",
    blame: "user",
    what: `the namespace ${kubectl.namespace} would refuse pods of the manifests`,
    why: [
      ...problems,
      ...(enforced.exitCode !== 0
        ? [`the level that the namespace enforces could not be read: ${lastLines(enforced.stderr, 1)}`]
        : []),
    ].join("\n"),
    fix:
      "set what it names in the securityContext of the pod or the container, or deploy to a namespace whose label pod-security.kubernetes.io/enforce allows it" +
      (enforced.exitCode !== 0 ? "; if the namespace only warns, give the caller the verb get on it" : ""),
  })
}

/** The warnings of one object that are fatal: kubectl does not say which object it warns of. */
async function warningsOf(
  kubectl: Kubectl,
  object: KubernetesObject,
  isFatal: (warning: PodSecurityWarning) => boolean,
): Promise<string[]> {
  const { stderr } = await dryRun(kubectl, [object])
  return podSecurityWarnings(stderr)
    .filter(isFatal)
    .map(({ text }) => `${describe(object)}: ${text}`)
}
