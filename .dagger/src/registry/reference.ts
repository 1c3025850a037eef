import { CloudNativeError } from "../util/errors.js"

const REFERENCE =
  /^(?<host>[^/@\s]+)\/(?<repository>[a-z0-9][^@:\s]*?)(?::(?<tag>\w[\w.-]*))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/

export interface Reference {
  /** The registry: host, and port where it has one. */
  host: string
  /** Path of the image in it. */
  repository: string
  tag?: string
  digest?: string
}

/** Read a reference as people write it: python is docker.io/library/python; undefined: it is none. */
export function readReference(text: string): Reference | undefined {
  const [first = "", ...rest] = text.split("/")
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost")
  const { host, repository, tag, digest } = REFERENCE.exec(hasHost ? text : `docker.io/${text}`)?.groups ?? {}
  if (!host || !repository) return undefined
  if (!/^(index\.)?docker\.io$/.test(host)) return { host, repository, tag, digest }
  return { host: "docker.io", repository: repository.includes("/") ? repository : `library/${repository}`, tag, digest }
}

/** Read a reference to one image: by tag, by digest or by both. */
export function parseReference(text: string): Reference {
  const reference = readReference(text)
  if (reference?.tag || reference?.digest) return reference
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `${text || "an empty text"} is no image that could be released`,
    why: "expected a registry, a path in it, and a tag or a digest: a tag that goes without saying (latest) is no release",
    fix: "write for example ghcr.io/acme/shop-backend:1.2 or ghcr.io/acme/shop-backend@sha256:…",
  })
}

/** By digest if it is known, else by tag. */
export function formatReference({ host, repository, tag, digest }: Reference): string {
  return `${host}/${repository}${digest ? `@${digest}` : `:${tag}`}`
}

/** A host that is another one in every container. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host)
}
