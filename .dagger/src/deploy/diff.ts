import { z } from "zod"

import { dryRun, OF_A_POLICY } from "../kubernetes/dry-run.js"
import { type Answer, type Kubectl, list, succeeded } from "../kubernetes/kubectl.js"
import { describeIdentity, identityOf } from "../kubernetes/object-ref.js"
import type { KubernetesObject, Release } from "../manifests/render.js"
import { inventoryOf, listRecords, type ReleaseSummary } from "../release/history.js"
import { findPresent } from "../release/live-objects.js"
import { replacedBy } from "../release/prune.js"
import { readJson } from "../util/json.js"
import { leaves } from "../util/leaves.js"

const OUTPUT = "json"

const Marks = z.record(z.string(), z.string()).optional()
/** What is compared of an object: all that manifests say, and neither its status nor what the API server keeps itself. */
const Compared = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), labels: Marks, annotations: Marks }),
})
/** kubectl prints a single object as it is. */
const Printed = z.union([z.object({ items: z.array(Compared) }), Compared.transform(object => ({ items: [object] }))])

/** One object, its fields flat: spec.template.spec.containers[0].image → a value. */
export interface Flat {
  name: string
  fields: Map<string, string>
}

/** What a deployment does to one object. */
export type Change =
  | { kind: "added" | "removed" | "unchanged"; name: string }
  | { kind: "changed"; name: string; fields: string[] }
  | { kind: "unknown"; why: string }

/** What applying a release would change, after the server has validated it, for a person. */
export async function diffRelease(kubectl: Kubectl, name: string, release: Release): Promise<string> {
  const objects = [...release.config, ...release.migrations, ...release.objects]
  return formatChanges(await changesOf(kubectl, name, release, objects))
}

/** What applying these objects of a release, and its Secrets, would change. Nothing is changed, and no value of a Secret is read. */
export async function changesOf(
  kubectl: Kubectl,
  name: string,
  release: Release,
  objects: KubernetesObject[],
): Promise<Change[]> {
  const [{ planned, refused }, live, secrets, removed] = await Promise.all([
    validate(kubectl, objects),
    kubectl.must(["get", "--ignore-not-found", `--output=${OUTPUT}`, "--filename=-"], list(objects)),
    existing(kubectl, release.secrets),
    removals(kubectl, name, release),
  ])
  // A Secret is named by its content.
  const ofSecrets = release.secrets.map(({ metadata: { name } }): Change => ({
    kind: secrets.has(name) ? "unchanged" : "added",
    name: `Secret ${name}`,
  }))
  return [...ofSecrets, ...diff(parseObjects(live), planned.flatMap(parseObjects)), ...refused, ...removed]
}

/** A line for each object: + added, - removed, ~ changed, ? not known. */
export function formatChanges(changes: Change[]): string {
  return changes.flatMap(linesOf).join("\n")
}

function linesOf(change: Change): string[] {
  switch (change.kind) {
    case "added":
      return [`+ ${change.name}${change.name.startsWith("Secret ") ? " (values hidden)" : ""}`]
    case "removed":
      return [`- ${change.name}`]
    case "unchanged":
      return [`  ${change.name}: unchanged`]
    case "changed":
      return [`~ ${change.name}`, ...change.fields.map(line => `    ${line}`)]
    case "unknown":
      return [`? ${change.why}`]
  }
}

/** The objects as they would be. What a policy refuses may be only the images, which are not pushed yet. */
export async function validate(
  kubectl: Kubectl,
  objects: KubernetesObject[],
): Promise<{ planned: string[]; refused: Change[] }> {
  const all = await dryRun(kubectl, objects, OUTPUT)
  if (!isRefusal(all)) return { planned: [succeeded(["apply"], all)], refused: [] }
  // It has printed nothing of those that it takes.
  const answers = await Promise.all(
    objects.map(async object => ({ object, answer: await dryRun(kubectl, [object], OUTPUT) })),
  )
  const [refused, taken] = [
    answers.filter(({ answer }) => isRefusal(answer)),
    answers.filter(({ answer }) => !isRefusal(answer)),
  ]
  return {
    planned: taken.map(({ answer }) => succeeded(["apply"], answer)),
    refused: refused.map(({ object, answer }) => ({
      kind: "unknown",
      why: `${describeIdentity(identityOf(object))}: not compared, a policy refuses it: ${answer.stderr.trim()}`,
    })),
  }
}

function isRefusal({ exitCode, stderr }: Answer): boolean {
  return exitCode !== 0 && OF_A_POLICY.test(stderr)
}

/** What is there of earlier releases and would be deleted. */
async function removals(kubectl: Kubectl, name: string, release: Release): Promise<Change[]> {
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
    ...there
      .filter(({ managed }) => managed)
      .map((object): Change => ({ kind: "removed", name: describeIdentity(object) })),
    ...problems.map((why): Change => ({ kind: "unknown", why })),
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

/** The objects that kubectl has printed; of none it prints nothing. */
export function parseObjects(text: string): Flat[] {
  if (!text.trim()) return []
  return readJson(Printed, text, "what kubectl prints of the objects").items.map(({ apiVersion: _, ...object }) => {
    const { kind, metadata, status: __, ...rest } = object
    const { name, ...marks } = metadata
    return { name: `${kind} ${name}`, fields: new Map(leaves({ metadata: marks, ...rest })) }
  })
}

/** What happens to each planned object, and to a changed one's fields: + added, - removed, ~ changed. */
export function diff(live: Flat[], planned: Flat[]): Change[] {
  const before = new Map(live.map(({ name, fields }) => [name, fields]))
  return planned.map(({ name, fields }) => {
    const old = before.get(name)
    if (!old) return { kind: "added", name }
    const changed = changedFields(old, fields)
    return changed.length > 0 ? { kind: "changed", name, fields: changed } : { kind: "unchanged", name }
  })
}

function changedFields(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap(path => {
    const [old, now] = [before.get(path), after.get(path)]
    if (old === now) return []
    if (old === undefined) return [`+ ${path}: ${now}`]
    return [now === undefined ? `- ${path}: ${old}` : `~ ${path}: ${old} → ${now}`]
  })
}
