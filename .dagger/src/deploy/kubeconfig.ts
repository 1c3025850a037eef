import { parse } from "yaml"
import { z } from "zod"

import { CloudNativeError } from "../errors.js"

const Kubeconfig = z.object({
  "current-context": z.string().optional(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string() }) })),
  clusters: z.array(z.object({ name: z.string(), cluster: z.object({ server: z.url(), "tls-server-name": z.string().optional() }) })),
})

export interface ApiServer {
  context: string
  url: string
  /** The name its certificate is checked against. */
  host: string
}

/** Which API server a kubeconfig leads to. Nothing of its content but names and the address appears in an error. */
export function readKubeconfig(text: string, context?: string): ApiServer {
  const read = Kubeconfig.safeParse(parseYaml(text))
  if (!read.success) throw invalid(`it lacks what a kubeconfig has: ${read.error.issues.map(issue => issue.path.join(".")).join(", ")}`)
  const { contexts, clusters, "current-context": current } = read.data
  const name = context ?? current
  const names = contexts.map(item => item.name).join(", ") || "none"
  const chosen = contexts.find(item => item.name === name)
  if (!chosen) throw invalid(name ? `it has no context ${name}; it has: ${names}` : `it has no current context; it has: ${names}`)
  const cluster = clusters.find(item => item.name === chosen.context.cluster)?.cluster
  if (!cluster) throw invalid(`its context ${chosen.name} names a cluster ${chosen.context.cluster} that it does not hold`)
  return { context: chosen.name, url: cluster.server, host: cluster["tls-server-name"] ?? new URL(cluster.server).hostname }
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
