import { leaves, stepsOf } from "../util/leaves.js"
import { describe, type Manifest } from "./manifest.js"
import { type Problem, problemAt } from "./problem.js"
import { isKind, type KubernetesObject } from "./shapes.js"

/*
 * Secrets that a chart makes from its values. Helm never sees them: it renders marks in their place, so that what it renders may
 * be cached, compared and shown, and the values are put in where the release is made. A mark has characters that encodings
 * change: one that the chart computes with does not survive, and is noticed.
 */

const MARK = /CloudNative\/secret\+(\w+)\+[ab]=/g

/** What stands for the value of a key; two editions tell what depends on it. */
export function markOf(key: string, edition: "a" | "b" = "a"): string {
  return `CloudNative/secret+${key}+${edition}=`
}

/** The keys whose values belong in a text. */
export function keysIn(text: string): string[] {
  return [...text.matchAll(MARK)].map(([, key]) => key!)
}

/** The keys whose values stand in objects. */
export function usedKeys(manifests: Manifest[]): Set<string> {
  return new Set(manifests.flatMap(({ object }) => [...fieldsOf(object).values()].flatMap(keysIn)))
}

/** The fields of an object, whatever edition of the marks they have; a Secret's in plain. */
export function fieldsOf(object: KubernetesObject): Map<string, string> {
  const plain = (wanted: string) =>
    Object.fromEntries(entriesOf(object).flatMap(({ field, key, text }) => (field === wanted ? [[key, text]] : [])))
  const isSecret = isKind(object, "Secret")
  const shown = isSecret ? { ...object, data: plain("data"), stringData: plain("stringData") } : object
  const unmarked = (text: string) => text.replace(MARK, (_, key: string) => markOf(key))
  return new Map(leaves(shown).map(([path, text]) => [path, unmarked(text)]))
}

/** Where the values of --secrets go: only into Secrets, as they are. `secrets`: unset where that is not known yet. */
export function* secretValueProblems(manifests: Manifest[], secrets?: Record<string, string>): Generator<Problem> {
  for (const manifest of manifests) {
    const { object } = manifest
    yield* exposed(manifest)
    for (const { field, key, text } of entriesOf(object))
      for (const name of keysIn(text)) {
        if (!secrets) continue
        const value = secrets[name]
        if (value === undefined)
          yield problemAt(manifest, [field, key], {
            code: "SECRET_VALUE_MISSING",
            what: `${describe(object)}: ${key} is made of ${name}, which --secrets does not give`,
            fix: `add ${name} to the file of --secrets; on an ephemeral cluster, to ephemeral.secrets or ephemeral.random of cloud-native.yaml`,
          })
        else if (text !== markOf(name) && /["'\\\n]/.test(value))
          yield problemAt(manifest, [field, key], {
            code: "SECRET_VALUE_UNFIT",
            what: `${describe(object)}: ${key} is a text around ${name}, whose value has quotes, a backslash or several lines: it would have to be written another way there`,
            fix: `let ${key} be the value alone, or choose a value without them`,
          })
      }
  }
}

/** Values that would stand where everybody may read them. */
function* exposed(manifest: Manifest): Generator<Problem> {
  const { object } = manifest
  const { data: _, stringData: __, ...rest } = object
  for (const [path, text] of leaves(isKind(object, "Secret") ? rest : object))
    for (const key of keysIn(text))
      yield problemAt(manifest, stepsOf(path), {
        code: "SECRET_EXPOSED",
        what: `${describe(object)}: ${path} would show the value of ${key} to all who may read the ${object.kind}`,
        fix: "let the chart put it into a Secret, and refer to that by secretKeyRef",
      })
}

/** Put the values into a Secret of the chart's. */
export function fillSecretValues(object: KubernetesObject, secrets: Record<string, string>): void {
  const fill = (text: string) => text.replace(MARK, (mark, key: string) => secrets[key] ?? mark)
  for (const { field, fields, key, text } of entriesOf(object))
    if (isMarked(text)) fields[key] = field === "data" ? Buffer.from(fill(text)).toString("base64") : fill(text)
}

/** Whether an object takes values of --secrets. */
export function holdsSecretValues({ object }: Pick<Manifest, "object">): boolean {
  return entriesOf(object).some(({ text }) => isMarked(text))
}

function isMarked(text: string): boolean {
  return keysIn(text).length > 0
}

/** The literal values of a Secret, in plain: what the repository holds of it. */
export function literalsOf(object: KubernetesObject): string[] {
  return entriesOf(object)
    .map(({ text }) => text)
    .filter(text => text !== "" && !isMarked(text))
}

interface Entry {
  field: "data" | "stringData"
  fields: Record<string, string>
  key: string
  text: string
}

/** The values of a Secret in plain, by key. */
export function entriesOf(object: KubernetesObject): Entry[] {
  if (!isKind(object, "Secret")) return []
  return (["data", "stringData"] as const).flatMap(field => {
    const fields = object[field] ?? {}
    return Object.entries(fields).map(([key, text]) => ({
      field,
      fields,
      key,
      text: field === "data" ? decodedOf(text) : text,
    }))
  })
}

function decodedOf(text: string): string {
  return /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text) ? Buffer.from(text, "base64").toString() : text
}
