import type { Kubectl } from "../kubernetes/kubectl.js"
import { describe } from "../manifests/manifest.js"
import { type Available, comesWithPod, keysMissing, mayMake, referencesOf } from "../manifests/references.js"
import type { KubernetesObject, Release } from "../manifests/render.js"
import { readAvailable } from "../preflight/references.js"
import { pollUntil } from "../util/poll.js"

/** Seconds that operators are given to make what a release has them make. */
const PATIENCE = 60

/** A Secret that an operator makes of an object of the release. */
export interface Made {
  kind: "Secret"
  name: string
  /** What it is made of. */
  origin: KubernetesObject
  /** The keys that the release needs of it. */
  keys: string[]
}

/**
 * Wait for the Secrets that operators make of the release's own objects: pods that find one missing count as hopeless
 * sooner than an operator may have seen to it. `account`: the keys of the applications' Secret that the monitor signs in with.
 */
export async function awaitMadeSecrets(kubectl: Kubectl, release: Release, account: string[]): Promise<void> {
  const needed = madeFor(release, account)
  if (needed.length === 0) return
  let missing: string[] = []
  const ask = async () => {
    const there = await readAvailable(kubectl, needed)
    const isFirst = missing.length === 0
    missing = there ? stillMissing(needed, there, kubectl.namespace) : []
    if (isFirst) for (const line of missing) console.log(`secrets: waiting: ${line}`)
    return missing.length === 0 || undefined
  }
  await pollUntil("the Secrets that operators make of the manifests", PATIENCE, ask, {
    state: () => missing.join("\n"),
  })
}

/** The Secrets that are made of objects of the release, and that it needs. */
export function madeFor(
  { config, secrets, migrations, objects, secretName }: Omit<Release, "workloads">,
  account: string[],
): Made[] {
  const references = [...config, ...migrations, ...objects]
    .flatMap(referencesOf)
    .filter(({ kind, optional }) => kind === "Secret" && !optional)
  const needed = [...references, ...(account.length > 0 ? [{ name: secretName, keys: account }] : [])]
  const brought = secrets.map(({ metadata }) => metadata.name)
  const names = [...new Set(needed.map(({ name }) => name))].filter(name => !brought.includes(name))
  return names.flatMap(name => {
    const origin = config.find(object => mayMake(object, name, secretName) && !comesWithPod(object))
    const keys = needed.filter(reference => reference.name === name).flatMap(reference => reference.keys)
    return origin ? { kind: "Secret" as const, name, origin, keys: [...new Set(keys)] } : []
  })
}

/** What has not been made yet, for a person, with the command that tells why. */
export function stillMissing(needed: Made[], there: Available[], namespace: string): string[] {
  return needed.flatMap(({ name, origin, keys }) => {
    const found = there.find(secret => secret.name === name)
    const lacks = found && keysMissing(keys, found)
    if (lacks?.length === 0) return []
    const command = `kubectl --namespace=${namespace} describe ${origin.kind.toLowerCase()} ${origin.metadata.name}`
    return `${describe(origin)} has made no ${lacks ? `${lacks.join(", ")} in the ` : ""}Secret ${name}: ${command}`
  })
}
