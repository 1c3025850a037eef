import type { Kubectl } from "../kubernetes/kubectl.js"
import { type Named, readObjects } from "../kubernetes/objects.js"
import { formatProblem, type Problem } from "../manifests/problem.js"
import { type Available, availableIn, keysMissing, neededBy, unresolved } from "../manifests/references.js"
import type { ReleaseInputs } from "../release/inputs.js"
import { CloudNativeError } from "../util/errors.js"

/** Prints an object's kind and name, then the names of its keys, and nothing of their values. */
const KEYS = { line: "{{.kind}} {{.metadata.name}}{{range $key, $_ := .data}} {{$key}}{{end}}" }

/** Throw unless every Secret and ConfigMap that the manifests refer to, with its keys, is given, rendered or there. */
export async function assertReferences(kubectl: Kubectl, inputs: ReleaseInputs): Promise<void> {
  const given = availableFrom(inputs)
  const isGiven = ({ kind, name }: { kind: string; name: string }) =>
    given.some(item => item.kind === kind && item.name === name)
  const { secretName, monitor } = inputs.config
  const account = monitor.secrets.length > 0 ? [{ kind: "Secret", name: secretName }] : []
  const asked = [...neededBy(inputs.manifests).map(({ reference }) => reference), ...account].filter(
    item => !isGiven(item),
  )
  const made = given.filter(({ keys }) => !keys).map(({ name }) => name)
  if (made.length > 0)
    console.log(`preflight: Secrets that operators are expected to make of the manifests: ${made.join(", ")}`)
  const there = await readAvailable(kubectl, asked)
  if (!there)
    return console.log("preflight: Secrets and ConfigMaps may not be read: whether they are there is not checked")
  const fix = "pass the applications' secrets with --secrets=file:prod.env, or create what is missing"
  assertResolved(inputs, [...given, ...there], `the namespace ${kubectl.namespace}`, fix)
}

/** Those of the Secrets and ConfigMaps that are in the namespace; undefined where they may not be read. */
export async function readAvailable(kubectl: Kubectl, asked: Named[]): Promise<Available[] | undefined> {
  return (await readObjects(kubectl, asked, KEYS))?.map(parseKeys)
}

/** Throw unless what the manifests and the monitor refer to is among what is available. */
export function assertResolved(inputs: ReleaseInputs, available: Available[], place: string, fix: string): void {
  const problems = [...unresolved(inputs.manifests, available), ...missingAccount(inputs, available)]
  if (problems.length === 0) return
  throw new CloudNativeError({
    code: "SECRETS_MISSING",
    blame: "user",
    what: `${place} lacks what the manifests refer to; nothing was changed`,
    why: problems.map(formatProblem).join("\n"),
    fix,
  })
}

/** What the deployment itself brings. */
export function availableFrom({ manifests, secrets, config }: ReleaseInputs): Available[] {
  const given: Available[] = secrets ? [{ kind: "Secret", name: config.secretName, keys: Object.keys(secrets) }] : []
  return [...given, ...availableIn(manifests, config.secretName)]
}

/** Without its account the monitor cannot sign in, and would find the application broken. */
function missingAccount({ config: { monitor, secretName } }: ReleaseInputs, available: Available[]): Problem[] {
  const account = available.find(({ kind, name }) => kind === "Secret" && name === secretName)
  return (account ? keysMissing(monitor.secrets, account) : monitor.secrets).map(key => ({
    code: "SECRET_KEY_MISSING",
    what: `the monitor signs in with the key ${key} of the Secret ${secretName} (monitor.secrets of cloud-native.yaml), which is not there`,
    fix: `add ${key} to ${secretName}: an account that may only read is enough`,
  }))
}

function parseKeys(line: string): Available {
  const [kind, name = "", ...keys] = line.split(" ")
  return { kind: kind as Available["kind"], name, keys }
}
