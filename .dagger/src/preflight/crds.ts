import type { Reached } from "../kubernetes/connect.js"
import { FIELD_MANAGER, type Kubectl, list, succeeded } from "../kubernetes/kubectl.js"
import type { Crd } from "../manifests/crds.js"
import { CloudNativeError } from "../util/errors.js"
import { type Known, parseApiResources } from "./api-resources.js"

/** As Helm does: what is there already is never changed. */
const CREATE = ["create", `--field-manager=${FIELD_MANAGER}`, "--output=name", "--filename=-"]

/** Those that the cluster lacks. Anyone may ask which kinds it has, few for its CustomResourceDefinitions. */
export async function missingCrds(kubectl: Kubectl, crds: Crd[]): Promise<Crd[]> {
  if (crds.length === 0) return []
  const args = ["api-resources", "--no-headers"]
  const answer = await kubectl.run(args)
  const known = parseApiResources(answer.stdout)
  // The exit code also tells of groups that are away for a moment.
  if (known.size === 0) succeeded(args, answer)
  return crdsWithout(known, crds)
}

/** Those whose kinds are not known, in whatever version. */
export function crdsWithout(known: Map<string, Known>, crds: Crd[]): Crd[] {
  return crds.filter(({ object: { spec } }) => !known.has(`${spec.names.kind}.${spec.group}`))
}

export async function createCrds(kubectl: Kubectl, crds: Crd[]): Promise<void> {
  const answer = await kubectl.persist(CREATE, listOf(crds))
  if (problemsOf(answer.stderr).length > 0) succeeded(CREATE, answer)
}

/** Throw unless the API server would create them for the caller. */
export async function assertCreatable(
  { kubectl, user }: Pick<Reached, "kubectl" | "user">,
  crds: Crd[],
): Promise<void> {
  if (crds.length === 0) return
  const { exitCode, stderr } = await kubectl.persist([...CREATE, "--dry-run=server"], listOf(crds))
  const problems = exitCode === 0 ? [] : problemsOf(stderr)
  if (problems.length === 0) return
  const charts = [...new Set(crds.map(({ chart }) => chart))]
  if (problems.some(line => / cannot create resource "/.test(line)))
    throw new CloudNativeError({
      code: "PERMISSIONS_MISSING",
      blame: "user",
      what: `the cluster lacks CustomResourceDefinitions that the charts bring, and ${user} may not create any`,
      why: crds.map(({ object, chart }) => `${object.metadata.name} (in crds/ of ${chart})`).join("\n"),
      fix: `have them created once, by a user with rights on the whole cluster: ${charts.map(chart => `helm show crds ${chart} | kubectl create --filename=-`).join("; ")}`,
    })
  throw new CloudNativeError({
    code: "MANIFESTS_INVALID",
    blame: "user",
    what: `the API server does not accept CustomResourceDefinitions in crds/ of ${charts.join(", ")}`,
    why: problems.join("\n"),
    fix: "correct what it names",
  })
}

/** What kept kubectl from creating some of them, but that they are there. */
function problemsOf(stderr: string): string[] {
  return stderr.split("\n").filter(line => line.trim() && !/\(AlreadyExists\)|^Warning: /.test(line))
}

function listOf(crds: Crd[]): string {
  return list(crds.map(({ object }) => object))
}
