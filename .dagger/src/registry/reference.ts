import { CloudNativeError } from "../util/errors.js"

const REFERENCE =
  /^(?<host>[^/@\s]+)\/(?<repository>[a-z0-9][^@:\s]*?)(?::(?<tag>\w[\w.-]*))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/

export interface Reference {
  /** The registry: host, and port where it has one. */
  host: string
  /** Path of the image in the registry. */
  repository: string
  tag?: string
  digest?: string
}

/** Where images are pushed to: host and path. */
export interface RegistryPath {
  host: string
  /** Host and path, for example ghcr.io/acme. */
  prefix: string
}

const HUB = "docker.io"
/** Names under which people know Docker Hub. */
const HUB_NAMES = /^((index|registry-1|registry|hub)\.)?docker\.(io|com)$/

/** Read a reference as people write it: python is docker.io/library/python. Undefined if it is not a reference. */
export function readReference(text: string): Reference | undefined {
  const found = REFERENCE.exec(hasHost(text) ? text : `${HUB}/${text}`)?.groups
  if (!found) return undefined
  const { host, repository, tag, digest } = found as unknown as Reference
  if (!HUB_NAMES.test(host)) return { host, repository, tag, digest }
  return { host: HUB, repository: repository.includes("/") ? repository : `library/${repository}`, tag, digest }
}

/** Read a reference to one image: by tag, by digest or by both. */
export function parseReference(text: string): Reference {
  const reference = readReference(text)
  if (reference?.tag || reference?.digest) return reference
  throw invalid(
    `"${text}" does not name one image`,
    "expected a registry, a path in it, and a tag or a digest; latest is not assumed",
    "write for example ghcr.io/acme/shop-backend:1.2 or ghcr.io/acme/shop-backend@sha256:…",
  )
}

/** By digest if it is known, else by tag. */
export function formatReference(reference: Reference): string {
  return `${nameOf(reference)}${reference.digest ? `@${reference.digest}` : `:${reference.tag}`}`
}

/** Host and path, without tag and digest. */
export function nameOf({ host, repository }: Pick<Reference, "host" | "repository">): string {
  return `${host}/${repository}`
}

/** Where an address of Docker Hub's website or API goes on: none of these is an account. */
const HUB_PAGES = /^(r|u|_|v1|v2|repository|repositories)(\/|$)/
/** Hosts of code, by the registry that belongs to each. */
const CODE_HOSTS: Record<string, string> = { "github.com": "ghcr.io", "gitlab.com": "registry.gitlab.com" }

/** Segments of a path as the OCI distribution specification allows them. */
const PATH = /^[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*)*$/

/**
 * Read --registry as people write it: without a scheme, in lower case, with docker.io for a path without a host. Throws if it
 * cannot be the place of an image.
 */
export function parseRegistry(text: string): RegistryPath {
  const plain = text
    .trim()
    .replace(/^https:\/\//i, "")
    .replace(/\/+$/, "")
    .toLowerCase()
  const withoutScheme = plain.replace(/^http:\/\//, "")
  const written = isLoopback(withoutScheme.split("/")[0]!) ? withoutScheme : plain
  const refused = (why: string) =>
    invalid(
      `--registry=${text} is not a place for images`,
      why,
      "write host and path, for example --registry=ghcr.io/acme",
    )
  if (written.includes("://")) throw refused("a registry is given without a scheme; plain HTTP is for localhost only")
  const [first, ...rest] = (hasHost(`${written}/`) ? written : `${HUB}/${written}`).split("/") as [string, ...string[]]
  const host = HUB_NAMES.test(first) ? HUB : first
  const path = rest.join("/")
  if (!first || (host === HUB && !path)) throw refused("Docker Hub needs the name of an account or an organization")
  if (host === HUB && HUB_PAGES.test(path)) throw refused("it is the address of a page, and no account of Docker Hub's")
  if (CODE_HOSTS[host]) throw refused(`${host} holds code; its registry is ${CODE_HOSTS[host]}`)
  if (/[:@]/.test(path)) throw refused("the tag is set by this module: the path has no tag and no digest")
  if (path && !PATH.test(path)) throw refused(`"${path}" is not a valid path: letters, digits and . _ - between them`)
  return { host, prefix: path ? `${host}/${path}` : host }
}

/** A first segment is a host if it has a dot or a port, or is localhost. */
function hasHost(text: string): boolean {
  const [first, ...rest] = text.split("/") as [string, ...string[]]
  return rest.length > 0 && (/[.:]/.test(first) || first === "localhost")
}

/** Whether a host is another machine in every container. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host)
}

function invalid(what: string, why: string, fix: string): CloudNativeError {
  return new CloudNativeError({ code: "ARGUMENTS_INVALID", blame: "user", what, why, fix })
}
