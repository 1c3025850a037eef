import type { Reached } from "../kubernetes/connect.js"
import { CloudNativeError, lastLines } from "../util/errors.js"
import type { Resource } from "./kinds.js"

/** Verbs on one resource of the namespace, and what they are for. */
export interface Rule {
  /** The API group; "" is the core. */
  group: string
  /** With its subresource, where it is one: pods/log. */
  resource: string
  verbs: string[]
  reason: string
}

/** What it takes to compare, apply and remove an object; `list` and `watch`: to wait until it is gone. */
const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete"]
const MANIFEST_VERBS = VERBS.filter(verb => verb !== "update")

/** What the module itself does in the namespace, whatever the manifests hold. */
export const OWN: Rule[] = [
  {
    group: "",
    resource: "secrets",
    verbs: MANIFEST_VERBS,
    reason: "the applications' secrets, and the records of releases",
  },
  { group: "", resource: "configmaps", verbs: MANIFEST_VERBS, reason: "the monitor's scripts, and the reports" },
  { group: "batch", resource: "jobs", verbs: MANIFEST_VERBS, reason: "migrations and the monitor" },
  {
    group: "coordination.k8s.io",
    resource: "leases",
    verbs: ["get", "create", "update", "delete"],
    reason: "one deployment at a time",
  },
  { group: "", resource: "pods", verbs: ["get", "list"], reason: "the rollout" },
  { group: "", resource: "pods/log", verbs: ["get"], reason: "the monitor's results, and the log of what fails" },
  { group: "", resource: "events", verbs: ["list"], reason: "why something fails" },
  { group: "apps", resource: "deployments", verbs: ["list"], reason: "the rollout" },
  { group: "apps", resource: "replicasets", verbs: ["list"], reason: "the rollout" },
  { group: "autoscaling", resource: "horizontalpodautoscalers", verbs: ["list"], reason: "the rollout" },
]

const SETS = ["statefulsets", "daemonsets"]
/** What it does for workloads whose controller waits for pods that are broken. */
const OF_SETS: Rule[] = [
  { group: "", resource: "pods", verbs: ["delete"], reason: "pods of a revision that failed" },
  { group: "apps", resource: "controllerrevisions", verbs: ["list"], reason: "pods of a revision that failed" },
]

/** What a deployment has to be allowed: the module's own needs, and those of the resources in the manifests, each resource once. */
export function rulesFor(resources: Resource[]): Rule[] {
  const rules = new Map<string, Rule>()
  const hasSets = resources.some(({ group, resource }) => group === "apps" && SETS.includes(resource))
  for (const need of [
    ...OWN,
    ...(hasSets ? OF_SETS : []),
    ...resources.map(resource => ({ ...resource, verbs: MANIFEST_VERBS, reason: "the manifests" })),
  ]) {
    const key = `${need.resource}.${need.group}`
    const { verbs, reason } = rules.get(key) ?? { verbs: [], reason: need.reason }
    const reasons = reason.includes(need.reason) ? reason : `${reason}; ${need.reason}`
    rules.set(key, {
      group: need.group,
      resource: need.resource,
      verbs: VERBS.filter(verb => [...verbs, ...need.verbs].includes(verb)),
      reason: reasons,
    })
  }
  return [...rules.values()]
}

/** The question, for each verb, whether the caller may do that; whatever authorizer the cluster has. */
export function accessReviews(rules: Rule[], namespace: string): object[] {
  return rules.flatMap(({ group, resource: full, verbs }) => {
    const [resource, subresource] = full.split("/")
    return verbs.map(verb => ({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { namespace, verb, group, resource, subresource } },
    }))
  })
}

/** Prints a line for each answer that is no, and nothing for the others. */
const DENIED =
  'go-template={{if not .status.allowed}}{{with .spec.resourceAttributes}}{{.verb}} {{.resource}}{{with .subresource}}/{{.}}{{end}} {{or .group ""}}{{"\\n"}}{{end}}{{end}}'

/** The rules of which something is denied, with the verbs that are. */
export function deniedOf(answer: string, rules: Rule[]): Rule[] {
  const denied = new Set(answer.split("\n").map(line => line.trim()))
  return rules
    .map(rule => ({
      ...rule,
      verbs: rule.verbs.filter(verb => denied.has(`${verb} ${rule.resource} ${rule.group}`.trim())),
    }))
    .filter(({ verbs }) => verbs.length > 0)
}

/** Throw unless the caller may do all of it. */
export async function assertPermitted({ kubectl, user }: Reached, rules: Rule[]): Promise<void> {
  const items = accessReviews(rules, kubectl.namespace)
  const answer = await kubectl.run(
    ["create", "--filename=-", `--output=${DENIED}`],
    JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  )
  if (answer.exitCode !== 0)
    return console.log(`preflight: permissions are not checked: ${lastLines(answer.stderr, 1)}`)
  const denied = deniedOf(answer.stdout, rules)
  if (denied.length === 0) return
  throw new CloudNativeError({
    code: "PERMISSIONS_MISSING",
    blame: "user",
    what: `${user} lacks permissions in the namespace ${kubectl.namespace}`,
    why: denied
      .map(
        ({ group, resource, verbs, reason }) =>
          `${verbs.join(", ")} ${resource}${group && `.${group}`} (for ${reason})`,
      )
      .join("\n"),
    fix: "have it added to the Role that is bound there; docs/permissions.md has one that is enough",
  })
}
