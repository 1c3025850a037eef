import { z } from "zod"

import type { Kubectl } from "../kubernetes/kubectl.js"
import { readObjects, type Template } from "../kubernetes/objects.js"
import { readSecret } from "../kubernetes/secret-values.js"
import { containersOf, podsOf } from "../manifests/pods.js"
import { pullSecretsOf } from "../manifests/pull-secret.js"
import type { KubernetesObject } from "../manifests/render.js"
import { NOT_PUSHED } from "../push/publish.js"
import { readReference } from "../registry/reference.js"
import { CloudNativeError } from "../util/errors.js"

/** The pods of an object: their images, and where the kubelet finds what opens registries to them. */
export interface Puller {
  object: string
  images: string[]
  pullSecrets: string[]
  serviceAccount: string
}

const ACCOUNTS: Template = { line: "{{.metadata.name}}{{range .imagePullSecrets}} {{.name}}{{end}}" }

/** Throw if pods have pull secrets and none is for a registry of their images; without pull secrets the registry may be public. */
export async function assertPullSecrets(kubectl: Kubectl, objects: KubernetesObject[]): Promise<void> {
  const declared = pullersOf(objects)
  const asked = declared
    .filter(({ pullSecrets }) => pullSecrets.length === 0)
    .map(({ serviceAccount }) => ({ kind: "ServiceAccount", name: serviceAccount }))
  const accounts = await readObjects(kubectl, asked, ACCOUNTS)
  if (!accounts) console.log("preflight: ServiceAccounts may not be read: pull secrets that they bring are not checked")
  const pullers = declared.map(puller => withAccount(puller, accounts ?? []))
  const names = [...new Set(pullers.flatMap(({ pullSecrets }) => pullSecrets))]
  // A missing one is found by the check of references, a forbidden one by that of permissions.
  const secrets = await Promise.all(names.map(name => readSecret(kubectl, name, [403, 404])))
  const unread = names.filter((_, index) => !secrets[index])
  if (unread.length > 0)
    console.log(`preflight: pull secrets that cannot be read are not checked: ${unread.join(", ")}`)
  const registries = names.flatMap((name, index) => {
    const secret = secrets[index]
    return secret ? [[name, registriesOf(secret)] as const] : []
  })
  const problems = unfit(pullers, new Map(registries))
  if (problems.length === 0) return
  throw new CloudNativeError({
    code: "PULL_SECRET_UNFIT",
    blame: "user",
    what: "no pull secret is for the registry of the images",
    why: problems.join("\n"),
    fix: `kubectl --namespace=${kubectl.namespace} create secret docker-registry NAME --docker-server=HOST --docker-username=… --docker-password=…, and name it in imagePullSecrets; or remove the pull secrets that are not needed`,
  })
}

/** The pods of the manifests, each with the pull secrets that the manifests give them. */
export function pullersOf(objects: KubernetesObject[]): Puller[] {
  return objects.flatMap(object => {
    const spec = podsOf(object)?.template.spec
    if (!spec) return []
    const images = containersOf(object)
      .map(({ container }) => container.image)
      .filter(image => image !== NOT_PUSHED)
    return {
      object: `${object.kind} ${object.metadata.name}`,
      images: [...new Set(images)],
      pullSecrets: pullSecretsOf(spec, objects).map(({ name }) => name),
      serviceAccount: spec.serviceAccountName ?? "default",
    }
  })
}

/** What the ServiceAccount in the cluster brings, where the manifests say nothing. */
export function withAccount(puller: Puller, accounts: string[]): Puller {
  if (puller.pullSecrets.length > 0) return puller
  const account = accounts.map(line => line.split(" ")).find(([name]) => name === puller.serviceAccount)
  return { ...puller, pullSecrets: account?.slice(1) ?? [] }
}

/** The pods none of whose readable pull secrets opens a registry of their images. `registries`: the registries of each readable Secret. */
export function unfit(pullers: Puller[], registries: Map<string, string[]>): string[] {
  return pullers.flatMap(({ object, images, pullSecrets }) => {
    const readable = pullSecrets.filter(secret => registries.has(secret))
    const fits = readable.some(secret => registries.get(secret)!.some(key => images.some(image => opens(key, image))))
    if (readable.length === 0 || fits) return []
    const hosts = [...new Set(images.map(image => readReference(image)?.host ?? image))]
    return `${object} pulls from ${hosts.join(", ")}; not for it: ${readable.map(name => `Secret ${name}`).join(", ")}`
  })
}

const Logins = z.record(z.string(), z.unknown())
const DockerConfig = z.object({ auths: Logins.nullish() })

/** The registries that a pull secret logs in to, in both of Docker's formats; none where the kubelet cannot read it. */
export function registriesOf(secret: Record<string, string>): string[] {
  const auths = DockerConfig.safeParse(parsed(secret[".dockerconfigjson"])).data?.auths
  const older = Logins.safeParse(parsed(secret[".dockercfg"])).data
  return Object.keys({ ...older, ...auths })
}

function parsed(text = ""): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Keys by which Docker Hub goes. */
const HUB = ["docker.io", "index.docker.io", "registry-1.docker.io"]

/** Whether a key of a pull secret is for the registry of an image, as the kubelet compares them: each label of the host may be a pattern, the path is a prefix. */
export function opens(key: string, image: string): boolean {
  const reference = readReference(image)
  if (!reference) return false
  const [host = "", ...path] = key
    .replace(/^https?:\/\//, "")
    .replace(/\/(v[12]\/?)?$/, "")
    .split("/")
  const hosts = reference.host === "docker.io" ? HUB : [reference.host]
  return hosts.some(name => matches(host, name)) && `${reference.repository}/`.startsWith(path.join("/"))
}

function matches(pattern: string, host: string): boolean {
  const [labels, others] = [pattern.split("."), host.split(".")]
  return (
    labels.length === others.length &&
    labels.every((label, index) => new RegExp(`^${escaped(label)}$`).test(others[index]!))
  )
}

/** A label with * and ? as a regular expression. */
function escaped(label: string): string {
  return label
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")
}
