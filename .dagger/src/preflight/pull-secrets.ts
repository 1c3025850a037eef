import type { Kubectl } from "../kubernetes/kubectl.js"
import { readObjects, type Template } from "../kubernetes/objects.js"
import { containersOf, podsOf } from "../manifests/pods.js"
import type { KubernetesObject } from "../manifests/render.js"
import { isKind } from "../manifests/shapes.js"
import { NOT_PUSHED } from "../push/publish.js"
import { CloudNativeError } from "../util/errors.js"

/** The pods of an object: their images, and where the kubelet finds what opens registries to them. */
export interface Puller {
  object: string
  images: string[]
  pullSecrets: string[]
  serviceAccount: string
}

const ACCOUNTS: Template = { line: "{{.metadata.name}}{{range .imagePullSecrets}} {{.name}}{{end}}" }
/** A longer one is not looked into: a template can go so deep and no deeper. */
const LONGEST = 16_384

/** Throw where pods have pull secrets that open no registry of their images; without any, the registry may be public. */
export async function assertPullSecrets(kubectl: Kubectl, objects: KubernetesObject[]): Promise<void> {
  const declared = pullersOf(objects)
  const asked = declared
    .filter(({ pullSecrets }) => pullSecrets.length === 0)
    .map(({ serviceAccount }) => ({ kind: "ServiceAccount", name: serviceAccount }))
  const accounts = await readObjects(kubectl, asked, ACCOUNTS)
  if (!accounts) console.log("preflight: ServiceAccounts may not be read: pull secrets that they bring are not checked")
  const pullers = declared.map(puller => withAccount(puller, accounts ?? []))
  const secrets = pullers.flatMap(({ pullSecrets }) => pullSecrets.map(name => ({ kind: "Secret", name })))
  const images = [
    ...new Set(pullers.filter(({ pullSecrets }) => pullSecrets.length > 0).flatMap(puller => puller.images)),
  ]
  const opened = await Promise.all(images.map(image => readObjects(kubectl, secrets, opensTemplate(image))))
  if (opened.some(lines => !lines))
    return console.log("preflight: Secrets may not be read: whether pull secrets fit is not checked")
  const problems = unfit(pullers, new Map(images.map((image, index) => [image, opened[index]!])))
  if (problems.length === 0) return
  throw new CloudNativeError({
    code: "PULL_SECRET_UNFIT",
    blame: "user",
    what: "there are pull secrets, and none is for the registry of the images",
    why: problems.join("\n"),
    fix: `kubectl --namespace=${kubectl.namespace} create secret docker-registry NAME --docker-server=HOST --docker-username=… --docker-password=…, and name it in imagePullSecrets; or take those out that are for nothing`,
  })
}

/** The pods of the manifests, each with the pull secrets that the manifests give them. */
export function pullersOf(objects: KubernetesObject[]): Puller[] {
  const accounts = new Map(
    objects
      .filter(object => isKind(object, "ServiceAccount"))
      .map(object => [object.metadata.name, object.imagePullSecrets ?? []]),
  )
  return objects.flatMap(object => {
    const spec = podsOf(object)?.template.spec
    if (!spec) return []
    const serviceAccount = spec.serviceAccountName ?? "default"
    const own = spec.imagePullSecrets ?? []
    const pullSecrets = (own.length > 0 ? own : (accounts.get(serviceAccount) ?? [])).map(({ name }) => name)
    const images = containersOf(object)
      .map(({ container }) => container.image)
      .filter(image => image !== NOT_PUSHED)
    return {
      object: `${object.kind} ${object.metadata.name}`,
      images: [...new Set(images)],
      pullSecrets,
      serviceAccount,
    }
  })
}

/** What the ServiceAccount in the cluster brings, where the manifests say nothing. */
export function withAccount(puller: Puller, accounts: string[]): Puller {
  if (puller.pullSecrets.length > 0) return puller
  const account = accounts.map(line => line.split(" ")).find(([name]) => name === puller.serviceAccount)
  return { ...puller, pullSecrets: account?.slice(1) ?? [] }
}

/** The pods whose pull secrets, those that are there, open nothing. `opened`: by image, a line for each pull secret, as the template prints it. */
export function unfit(pullers: Puller[], opened: Map<string, string[]>): string[] {
  return pullers.flatMap(({ object, images, pullSecrets }) => {
    const lines = images.flatMap(image => opened.get(image) ?? []).map(line => line.split(" "))
    const there = pullSecrets.filter(secret => lines.some(([name]) => name === secret))
    const opens = there.some(secret => lines.some(([name, verdict]) => name === secret && verdict))
    if (there.length === 0 || opens) return []
    return `${object} pulls from ${[...new Set(images.map(image => partsOf(image).host))].join(", ")}; not for it: ${there.map(name => `Secret ${name}`).join(", ")}`
  })
}

/**
 * Prints a pull secret's name and, if it is for the image's registry, a mark; of what it holds, nothing. No JSON can be read in
 * a template: it is searched, from every quote on, for each way in which the registry may be written. With a pattern or an
 * escape in it, or too long to be searched, it counts as fitting.
 */
export function opensTemplate(image: string): Template {
  const isSpelling = spellingsOf(image)
    .map(spelling => startsWith(JSON.stringify(spelling)))
    .join(" ")
  const mark = `{{if ${startsWith('"')}}}{{if or ${isSpelling}}}+{{end}}{{else if or ${startsWith("*")} ${startsWith("\\")}}}?{{end}}`
  const read = `{{if gt (len .) ${LONGEST}}}?{{else}}{{template "search" (base64decode .)}}{{end}}`
  return {
    definitions: `{{define "search"}}{{if .}}${mark}{{template "search" (slice . 1)}}{{end}}{{end}}`,
    line: `{{.metadata.name}} {{with .data}}{{with index . ".dockerconfigjson"}}${read}{{end}}{{with index . ".dockercfg"}}${read}{{end}}{{end}}`,
  }
}

function startsWith(text: string): string {
  return `(eq (printf "%.${text.length}s" .) ${JSON.stringify(text)})`
}

/** How a registry's configuration may name what opens an image: its host, with or without scheme, API version, and the beginnings of its path. */
export function spellingsOf(image: string): string[] {
  const { host, path } = partsOf(image)
  const hosts = host === "docker.io" ? ["docker.io", "index.docker.io", "registry-1.docker.io"] : [host]
  const segments = path.split("/")
  const names = hosts.flatMap(name => ["", "/", "/v1", "/v1/", "/v2", "/v2/"].map(end => name + end))
  const paths = hosts.flatMap(name => segments.map((_, index) => `${name}/${segments.slice(0, index + 1).join("/")}`))
  return [...names, ...paths].flatMap(name => [name, `https://${name}`, `http://${name}`])
}

/** ghcr.io/acme/api@sha256:… → its host, and the path without tag and digest. */
function partsOf(image: string): { host: string; path: string } {
  const name = image.replace(/@.*$/, "").replace(/:[^:/]*$/, "")
  const [first = "", ...rest] = name.split("/")
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost")
  return isHost
    ? { host: first, path: rest.join("/") }
    : { host: "docker.io", path: rest.length > 0 ? name : `library/${name}` }
}
