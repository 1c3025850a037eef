import { dryRun, OF_A_POLICY } from "../kubernetes/dry-run.js"
import { type Answer, type Kubectl, list, succeeded } from "../kubernetes/kubectl.js"
import { describeIdentity, identityOf } from "../kubernetes/object-ref.js"
import type { KubernetesObject, Release } from "../manifests/render.js"
import { inventoryOf, listRecords, type ReleaseSummary } from "../release/history.js"
import { findPresent } from "../release/live-objects.js"
import { replacedBy } from "../release/prune.js"
import { leaves } from "../util/leaves.js"

/** What is compared of an object: all that manifests say, in one line of JSON texts each. */
const FIELDS = ["metadata.labels", "metadata.annotations", "spec", "data", "rules", "roleRef", "subjects"]
const LINE = ["kind", "metadata.name", ...FIELDS].map(field => `{.${field}}`).join('{"\\t"}')
const OUTPUT = `jsonpath={range .items[*]}${LINE}{"\\n"}{end}`

/** One object, its fields flat: spec.template.spec.containers[0].image → a value. */
export interface Flat {
  name: string
  fields: Map<string, string>
}

/** What applying a release would change, after the server has validated it. Nothing is changed, and no value of a Secret is read. */
export async function diffRelease(kubectl: Kubectl, name: string, release: Release): Promise<string> {
  const objects = [...release.config, ...release.migrations, ...release.objects]
  const [{ planned, refused }, live, secrets, removed] = await Promise.all([
    validate(kubectl, objects),
    kubectl.must(["get", "--ignore-not-found", `--output=${OUTPUT}`, "--filename=-"], list(objects)),
    existing(kubectl, release.secrets),
    removals(kubectl, name, release),
  ])
  const lines = release.secrets.map(({ metadata: { name } }) =>
    secrets.has(name) ? `  Secret ${name}: unchanged` : `+ Secret ${name} (values hidden)`,
  )
  return [...lines, ...diff(parseObjects(live), parseObjects(planned)), ...refused, ...removed].join("\n")
}

/** The objects as they would be. What a policy refuses may be only the images, which are not pushed yet. */
export async function validate(
  kubectl: Kubectl,
  objects: KubernetesObject[],
): Promise<{ planned: string; refused: string[] }> {
  const all = await dryRun(kubectl, objects, OUTPUT)
  if (!isRefusal(all)) return { planned: succeeded(["apply"], all), refused: [] }
  // It has printed nothing of those that it takes.
  const answers = await Promise.all(
    objects.map(async object => ({ object, answer: await dryRun(kubectl, [object], OUTPUT) })),
  )
  const [refused, taken] = [
    answers.filter(({ answer }) => isRefusal(answer)),
    answers.filter(({ answer }) => !isRefusal(answer)),
  ]
  return {
    planned: taken.map(({ answer }) => succeeded(["apply"], answer)).join(""),
    refused: refused.map(
      ({ object, answer }) =>
        `? ${describeIdentity(identityOf(object))}: not compared, a policy refuses it: ${answer.stderr.trim()}`,
    ),
  }
}

function isRefusal({ exitCode, stderr }: Answer): boolean {
  return exitCode !== 0 && OF_A_POLICY.test(stderr)
}

/** What is there of earlier releases and would be deleted. */
async function removals(kubectl: Kubectl, name: string, release: Release): Promise<string[]> {
  const planned: ReleaseSummary = {
    id: "",
    outcome: "pending",
    content: "",
    inventory: inventoryOf(release),
    found: [],
  }
  const replaced = replacedBy(planned, await listRecords(kubectl, name))
  const { there, problems } = await findPresent(kubectl, name, replaced)
  return [
    ...there.filter(({ managed }) => managed).map(object => `- ${describeIdentity(object)}`),
    ...problems.map(problem => `? ${problem}`),
  ]
}

async function existing(kubectl: Kubectl, secrets: KubernetesObject[]): Promise<Set<string>> {
  if (secrets.length === 0) return new Set()
  const names = await kubectl.must([
    "get",
    ...secrets.map(({ metadata }) => `secret/${metadata.name}`),
    "--ignore-not-found",
    "--output=name",
  ])
  return new Set(
    names
      .split("\n")
      .filter(Boolean)
      .map(name => name.replace(/^secret\//, "")),
  )
}

/** A table of what kubectl prints: an object a line, a field a column. */
export function parseObjects(text: string): Flat[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map(line => {
      const [kind, name, ...columns] = line.split("\t")
      const fields = FIELDS.flatMap((field, index) => (columns[index] ? leaves(JSON.parse(columns[index]), field) : []))
      return { name: `${kind} ${name}`, fields: new Map(fields) }
    })
}

/** The objects that are new, or of which a field is: + added, - removed, ~ changed. */
export function diff(live: Flat[], planned: Flat[]): string[] {
  const before = new Map(live.map(({ name, fields }) => [name, fields]))
  return planned.flatMap(({ name, fields }) => {
    const old = before.get(name)
    if (!old) return [`+ ${name}`]
    const changes = changesOf(old, fields)
    return changes.length > 0 ? [`~ ${name}`, ...changes.map(line => `    ${line}`)] : [`  ${name}: unchanged`]
  })
}

function changesOf(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap(path => {
    const [old, now] = [before.get(path), after.get(path)]
    if (old === now) return []
    if (old === undefined) return [`+ ${path}: ${now}`]
    return [now === undefined ? `- ${path}: ${old}` : `~ ${path}: ${old} → ${now}`]
  })
}
