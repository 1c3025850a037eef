import type { KubernetesObject } from "../manifests/render.js"

/** An object by what identifies it in its namespace. */
export interface Identity {
  apiVersion: string
  kind: string
  name: string
}

export function identityOf({ apiVersion, kind, metadata }: KubernetesObject): Identity {
  return { apiVersion, kind, name: metadata.name }
}

/** The same for an object in every version of its API: apps/Deployment/backend. */
export function keyOf({ apiVersion, kind, name }: Identity): string {
  return [...apiVersion.split("/").slice(0, -1), kind, name].join("/")
}

/** apps/v1/Deployment/backend */
export function formatIdentity({ apiVersion, kind, name }: Identity): string {
  return `${apiVersion}/${kind}/${name}`
}

export function parseIdentity(text: string): Identity {
  const parts = text.split("/")
  return { apiVersion: parts.slice(0, -2).join("/"), kind: parts.at(-2)!, name: parts.at(-1)! }
}

/** Deployment backend */
export function describeIdentity({ kind, name }: Identity): string {
  return `${kind} ${name}`
}

/** Those that are among the others too. */
export function intersect(identities: Identity[], others: Identity[]): Identity[] {
  const keys = new Set(others.map(keyOf))
  return identities.filter(identity => keys.has(keyOf(identity)))
}

/** Those that are not among the others. */
export function subtract(identities: Identity[], others: Identity[]): Identity[] {
  const keys = new Set(others.map(keyOf))
  return identities.filter(identity => !keys.has(keyOf(identity)))
}

/** What kubectl calls an object: statefulset/queue. */
export function kubectlName({ kind, name }: Pick<Identity, "kind" | "name">): string {
  return `${kind.toLowerCase()}/${name}`
}
