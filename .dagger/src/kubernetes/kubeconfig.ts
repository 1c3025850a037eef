import { parse } from "yaml"
import { z } from "zod"

import { CloudNativeError } from "../util/errors.js"
import { endOfCredentials } from "./credentials.js"

const path = z.string().nullish()

const Cluster = z.object({
  server: z.url(),
  "proxy-url": z.url().nullish(),
  "tls-server-name": z.string().nullish(),
  "certificate-authority": path,
})
const User = z.object({
  exec: z.object({ command: z.string() }).nullish(),
  "auth-provider": z.object({ name: z.string() }).nullish(),
  token: z.string().nullish(),
  "client-certificate": path,
  "client-certificate-data": z.string().nullish(),
  "client-key": path,
  tokenFile: path,
})

const Context = z.object({ cluster: z.string(), user: z.string().nullish(), namespace: z.string().nullish() })

/** Only the entries that a context uses are looked into: kubectl does not mind what else is broken. */
const entries = z.array(z.looseObject({ name: z.string() }))
const Kubeconfig = z.object(
  {
    "current-context": z.string().nullish(),
    contexts: entries,
    clusters: entries,
    users: entries.nullish(),
  },
  "a mapping with contexts, clusters and users",
)
type Entry = z.infer<typeof entries>[number]

/** What a kubeconfig refers to but does not contain: the container that runs kubectl may lack it. */
export interface ExternalReference {
  kind: "program" | "file" | "auth provider"
  /** A program's name, or a path. */
  name: string
  /** The field that says so. */
  field: string
}

export interface ApiServer {
  context: string
  url: string
  /** The name that its certificate is checked against. */
  host: string
  /** The context's own namespace. */
  namespace?: string
  /** The proxy that leads to the server. */
  proxyUrl?: string
  /** When the user's credentials end, in milliseconds since 1970; unset where they do not say, or a program renews them. */
  credentialsEnd?: number
  externalReferences: ExternalReference[]
}

/** The only auth provider that client-go still has. */
const AUTH_PROVIDERS = ["oidc"]

/** The API server that a kubeconfig names, and what the kubeconfig refers to. Errors contain names, paths and the address, and nothing else. */
export function readKubeconfig(text: string, context?: string): ApiServer {
  const { contexts, clusters, users, "current-context": current } = read(Kubeconfig, parseYaml(text), "")
  const name = context ?? current
  const names = contexts.map(item => item.name).join(", ") || "none"
  const chosen = contexts.find(item => item.name === name)
  if (!chosen)
    throw invalid(name ? `it has no context ${name}; it has: ${names}` : `it has no current context; it has: ${names}`)
  const used = read(Context, chosen.context, `contexts.${chosen.name}.context`)
  const clusterEntry = named(clusters, used.cluster)
  if (!clusterEntry)
    throw invalid(`its context ${chosen.name} names a cluster ${used.cluster} that it does not contain`)
  const cluster = read(Cluster, clusterEntry.cluster, `clusters.${used.cluster}.cluster`)
  const userEntry = used.user ? named(users ?? [], used.user) : undefined
  if (used.user && !userEntry)
    throw invalid(`its context ${chosen.name} names a user ${used.user} that it does not contain`)
  const user = read(User.nullish(), userEntry?.user, `users.${used.user}.user`)
  const credentialsEnd = user && !user.exec ? endOfCredentials(user) : undefined
  return {
    context: chosen.name,
    url: cluster.server,
    host: cluster["tls-server-name"] || new URL(cluster.server).hostname.replace(/^\[(.*)\]$/, "$1"),
    ...(used.namespace && { namespace: used.namespace }),
    ...(cluster["proxy-url"] && { proxyUrl: cluster["proxy-url"] }),
    ...(credentialsEnd !== undefined && { credentialsEnd }),
    externalReferences: externalReferencesOf({ ...user, "certificate-authority": cluster["certificate-authority"] }),
  }
}

function externalReferencesOf(
  given: z.infer<typeof User> & { "certificate-authority"?: string | null },
): ExternalReference[] {
  const files = (["certificate-authority", "client-certificate", "client-key", "tokenFile"] as const).flatMap(field =>
    given[field] ? [{ kind: "file" as const, name: given[field], field }] : [],
  )
  const provider = given["auth-provider"]?.name
  return [
    ...files,
    ...(given.exec ? [{ kind: "program" as const, name: given.exec.command, field: "exec" }] : []),
    ...(provider && !AUTH_PROVIDERS.includes(provider)
      ? [{ kind: "auth provider" as const, name: provider, field: "auth-provider" }]
      : []),
  ]
}

function named(list: Entry[], name: string): Entry | undefined {
  return list.find(entry => entry.name === name)
}

/** A part of the kubeconfig; an error names the fields that are missing or wrong, never a value. */
function read<T>(shape: z.ZodType<T>, value: unknown, at: string): T {
  const { data, error, success } = shape.safeParse(value)
  if (success) return data
  const fields = error.issues.map(issue => [at, ...issue.path].filter(part => part !== "").join("."))
  throw invalid(
    fields.includes("")
      ? "it is no mapping with contexts, clusters and users"
      : `missing or wrong in it: ${fields.join(", ")}`,
  )
}

function parseYaml(text: string): unknown {
  try {
    return parse(text)
  } catch {
    throw invalid("it is not YAML")
  }
}

function invalid(why: string): CloudNativeError {
  return new CloudNativeError({
    code: "KUBECONFIG_INVALID",
    blame: "user",
    what: "the kubeconfig cannot be used",
    why,
    fix: "pass a kubeconfig with --kubeconfig=file:PATH, and one of its contexts with --context",
  })
}
