import { CloudNativeError } from "../errors.js"
import { formatProblem } from "../manifests/problem.js"
import { availableIn, neededBy, unresolved, type Available } from "../manifests/references.js"
import { connect, type Target } from "./cluster.js"
import type { Kubectl } from "./kubectl.js"
import type { Plan } from "./plan.js"

/** Prints the object's name, then those of its keys, and nothing of their values. */
const KEYS = "go-template={{.metadata.name}}{{range $key, $_ := .data}} {{$key}}{{end}}"

/** Reach the user's cluster and look for all that would stop a deployment, before anything is built or changed. */
export async function preflight(target: Target, plan: Plan): Promise<Kubectl> {
  const kubectl = await connect(target, plan.config)
  await assertReferences(kubectl, plan)
  return kubectl
}

/** Throw unless every Secret and ConfigMap that the manifests refer to, with its keys, is given, rendered or there. */
async function assertReferences(kubectl: Kubectl, { manifests, secrets, config }: Plan): Promise<void> {
  const given: Available[] = secrets ? [{ kind: "Secret", name: config.secretName, keys: Object.keys(secrets) }] : []
  const known = [...given, ...availableIn(manifests)]
  const isKnown = (kind: string, name: string) => known.some(item => item.kind === kind && item.name === name)
  const needed = new Map(neededBy(manifests).map(({ reference: { kind, name } }) => [`${kind}/${name}`, { kind, name }]))
  const asked = [...needed.values()].filter(({ kind, name }) => !isKnown(kind, name))
  const there = await Promise.all(asked.map(({ kind, name }) => look(kubectl, kind, name)))
  const problems = [...unresolved(manifests, [...known, ...there.flat()])]
  if (problems.length === 0) return
  throw new CloudNativeError({
    code: "SECRETS_MISSING",
    blame: "user",
    what: `the namespace ${kubectl.namespace} lacks what the manifests refer to; nothing was changed`,
    why: problems.map(formatProblem).join("\n"),
    fix: "pass the applications' secrets with --secrets=file:prod.env, or create what is missing",
  })
}

/** What there is of that name; a failure to look, for want of the right to, is not taken for its absence. */
async function look(kubectl: Kubectl, kind: Available["kind"], name: string): Promise<Available[]> {
  const answer = await kubectl.must(["get", kind.toLowerCase(), name, "--ignore-not-found", `--output=${KEYS}`])
  const [found, ...keys] = answer.trim().split(" ")
  return found ? [{ kind, name, keys }] : []
}
