import { dryRun, OF_A_POLICY } from "../kubernetes/dry-run.js"
import { dryRunAlone, dryRunTakenOver } from "../kubernetes/dry-run-taken-over.js"
import { type Answer, type Kubectl, list, succeeded } from "../kubernetes/kubectl.js"
import { isOther, type OtherManager, otherManagers } from "../kubernetes/managed-fields.js"
import { MANAGED, type ManagedObject, readObjects } from "../kubernetes/managed-objects.js"
import { describeIdentity, identityOf } from "../kubernetes/object-ref.js"
import { type Crd, isDefinedBy } from "../manifests/crds.js"
import type { KubernetesObject, Release } from "../manifests/render.js"
import { missingCrds } from "../preflight/crds.js"
import { inventoryOf, listRecords, type ReleaseSummary } from "../release/history.js"
import { findPresent } from "../release/live-objects.js"
import { describeOwner } from "../release/ownership.js"
import { replacedBy } from "../release/replaced.js"
import { leaves } from "../util/leaves.js"

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

/** What applying a release would change, after the server has validated it, for a person; `crds`: those that it needs. */
export async function diffRelease(kubectl: Kubectl, name: string, release: Release, crds: Crd[]): Promise<string> {
  const missing = await missingCrds(kubectl, crds)
  const all = [...release.config, ...release.migrations, ...release.objects]
  // Of a kind that the cluster does not have yet there is nothing to compare with.
  const isNew = (object: KubernetesObject) => isDefinedBy(missing, object)
  const objects = all.filter(object => !isNew(object))
  const added = [...missing.map(({ object }) => object), ...all.filter(isNew)].map((object): Change => ({
    kind: "added",
    name: describeIdentity(identityOf(object)),
  }))
  const [{ live, planned, changes, inTheWay }, { there }] = await Promise.all([
    compare(kubectl, name, release, objects),
    findPresent(kubectl, name, [...objects, ...release.secrets].map(identityOf)),
  ])
  const needs = new Map(inTheWay.map(object => [object, "is refused beside fields that others have set"]))
  for (const object of there) {
    const owner = describeOwner(object)
    if (owner !== undefined) needs.set(describeIdentity(object), `belongs to ${owner}`)
  }
  return formatChanges([...added, ...changes], await othersOf(kubectl, objects, live, planned), needs)
}

/** What applying these objects of a release, and its Secrets, would change. Nothing is changed, and no value of a Secret is read. */
export async function changesOf(
  kubectl: Kubectl,
  name: string,
  release: Release,
  objects: KubernetesObject[],
): Promise<Change[]> {
  return (await compare(kubectl, name, release, objects)).changes
}

async function compare(
  kubectl: Kubectl,
  name: string,
  release: Release,
  objects: KubernetesObject[],
): Promise<{ live: ManagedObject[]; planned: ManagedObject[]; changes: Change[]; inTheWay: string[] }> {
  const [validated, printed, secrets, removed] = await Promise.all([
    validate(kubectl, objects),
    kubectl.must(["get", "--ignore-not-found", ...MANAGED, "--filename=-"], list(objects)),
    existing(kubectl, release.secrets),
    removals(kubectl, name, release),
  ])
  // A Secret is named by its content.
  const ofSecrets = release.secrets.map(({ metadata: { name } }): Change => ({
    kind: secrets.has(name) ? "unchanged" : "added",
    name: `Secret ${name}`,
  }))
  const [live, planned] = [readObjects(printed), validated.planned.flatMap(readObjects)]
  const ofObjects = diff(live.map(flatten), planned.map(flatten))
  const changes = [...ofSecrets, ...ofObjects, ...validated.refused, ...removed]
  return { live, planned, changes, inTheWay: validated.inTheWay }
}

/** What happens to the fields that others have set, by object. */
async function othersOf(
  kubectl: Kubectl,
  objects: KubernetesObject[],
  live: ManagedObject[],
  planned: ManagedObject[],
): Promise<Map<string, OtherManager[]>> {
  const others = objects.map(async (manifest): Promise<[string, OtherManager[]]> => {
    const name = describeIdentity(identityOf(manifest))
    const [before, after] = [live, planned].map(all => all.find(object => nameOf(object) === name))
    if (!after || !before?.metadata.managedFields.some(isOther)) return [name, []]
    return [name, otherManagers(before, after, await dryRunAlone(kubectl, manifest))]
  })
  return new Map(await Promise.all(others))
}

/** A line for each object: + added, - removed, ~ changed, ? not known; then why it needs to be taken over, and what happens to the fields that others have set. */
export function formatChanges(
  changes: Change[],
  others = new Map<string, OtherManager[]>(),
  needs = new Map<string, string>(),
): string {
  return changes
    .flatMap(change => [
      ...linesOf(change),
      ...("name" in change ? linesOfNeed(needs.get(change.name)) : []),
      ...("name" in change ? (others.get(change.name) ?? []).flatMap(linesOfOther) : []),
    ])
    .join("\n")
}

function linesOfNeed(why: string | undefined): string[] {
  return why === undefined ? [] : [`    ${why}; deploy needs --take-over`]
}

function linesOfOther({ manager, overwritten, left }: OtherManager): string[] {
  return [
    overwritten.length > 0 && `    overwrites what ${manager} has set: ${overwritten.join(", ")}`,
    left.length > 0 &&
      `    keeps what ${manager} has set and the manifests do not have: ${left.join(", ")}; deploy --take-over removes it`,
  ].filter(line => line !== false)
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

/**
 * The objects as they would be. What a policy refuses may be only the images, which are not pushed yet; what is refused for fields that
 * others have set (`inTheWay`) is as it would be once it has been taken over.
 */
export async function validate(
  kubectl: Kubectl,
  objects: KubernetesObject[],
): Promise<{ planned: string[]; refused: Change[]; inTheWay: string[] }> {
  const all = await dryRun(kubectl, objects, MANAGED)
  if (all.exitCode === 0) return { planned: [all.stdout], refused: [], inTheWay: [] }
  // It has printed nothing of those that it takes.
  const answers = await Promise.all(objects.map(async object => ({ object, ...(await validateOne(kubectl, object)) })))
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
    inTheWay: taken.filter(({ takenOver }) => takenOver).map(({ object }) => describeIdentity(identityOf(object))),
  }
}

async function validateOne(
  kubectl: Kubectl,
  object: KubernetesObject,
): Promise<{ answer: Answer; takenOver: boolean }> {
  const answer = await dryRun(kubectl, [object], MANAGED)
  const after = answer.exitCode === 0 || isRefusal(answer) ? undefined : await dryRunTakenOver(kubectl, object)
  return after ? { answer: after, takenOver: true } : { answer, takenOver: false }
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

/** The objects that kubectl has printed, their fields flat. */
export function parseObjects(text: string): Flat[] {
  return readObjects(text).map(flatten)
}

function flatten({ apiVersion: _, status: __, kind, metadata, ...rest }: ManagedObject): Flat {
  const { labels, annotations } = metadata
  const marks = { ...(labels && { labels }), ...(annotations && { annotations }) }
  return { name: nameOf({ kind, metadata }), fields: new Map(leaves({ metadata: marks, ...rest })) }
}

function nameOf({ kind, metadata }: Pick<ManagedObject, "kind" | "metadata">): string {
  return `${kind} ${metadata.name}`
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
