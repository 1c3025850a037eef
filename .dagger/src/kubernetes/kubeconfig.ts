import { parse } from "yaml"
import { z } from "zod"

import { CloudNativeError } from "../util/errors.js"

const path = z.string().nullish()

const Cluster = z.object({ server: z.url(), "tls-server-name": z.string().nullish(), "certificate-authority": path })
const User = z.object({
  exec: z.object({ command: z.string() }).nullish(),
  "auth-provider": z.object({ name: z.string() }).nullish(),
  "client-certificate": path,
  "client-key": path,
  tokenFile: path,
})

const Kubeconfig = z.object({
  "current-context": z.string().nullish(),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string().nullish() }) }),
  ),
  clusters: z.array(z.object({ name: z.string(), cluster: Cluster })),
  users: z.array(z.object({ name: z.string(), user: User.nullish() })).nullish(),
})

/** Something that a kubeconfig needs and does not hold itself: a container need not have it. */
export interface Outside {
  kind: "program" | "file" | "auth provider"
  /** A program's name, or a path. */
  name: string
  /** The field that says so. */
  field: string
}

export interface ApiServer {
  context: string
  url: string
  /** The name its certificate is checked against. */
  host: string
  outside: Outside[]
}

/** client-go has no other one any more. */
const AUTH_PROVIDERS = ["oidc"]

/** Which API server a kubeconfig leads to, and what it takes beside the kubeconfig. Nothing but names, paths and the address appears in an error. */
export function readKubeconfig(text: string, context?: string): ApiServer {
  const read = Kubeconfig.safeParse(parseYaml(text))
  if (!read.success)
    throw invalid(`it lacks what a kubeconfig has: ${read.error.issues.map(issue => issue.path.join(".")).join(", ")}`)
  const { contexts, clusters, users, "current-context": current } = read.data
  const name = context ?? current
  const names = contexts.map(item => item.name).join(", ") || "none"
  const chosen = contexts.find(item => item.name === name)
  if (!chosen)
    throw invalid(name ? `it has no context ${name}; it has: ${names}` : `it has no current context; it has: ${names}`)
  const cluster = clusters.find(item => item.name === chosen.context.cluster)?.cluster
  if (!cluster)
    throw invalid(`its context ${chosen.name} names a cluster ${chosen.context.cluster} that it does not hold`)
  const user = users?.find(item => item.name === chosen.context.user)
  if (chosen.context.user && !user)
    throw invalid(`its context ${chosen.name} names a user ${chosen.context.user} that it does not hold`)
  return {
    context: chosen.name,
    url: cluster.server,
    host: cluster["tls-server-name"] || new URL(cluster.server).hostname.replace(/^\[(.*)\]$/, "$1"),
    outside: outsideOf({ ...user?.user, "certificate-authority": cluster["certificate-authority"] }),
  }
}

function outsideOf(given: z.infer<typeof User> & { "certificate-authority"?: string | null }): Outside[] {
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
