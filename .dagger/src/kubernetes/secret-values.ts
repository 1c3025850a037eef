import { z } from "zod"

import { readShape } from "../util/json.js"
import type { Kubectl } from "./kubectl.js"

const PORT = 8001
/** Milliseconds for one answer. */
const TIMEOUT = 10_000

const Secret = z.object({ data: z.record(z.string(), z.string()).default({}) })

/**
 * The values of Secrets, of those that are there. Not printed by a command, since Dagger shows and keeps all that one
 * prints: read by this module itself, from a proxy that lets nothing else be read and whose path nobody can guess.
 */
export async function secretValues(kubectl: Kubectl, names: string[]): Promise<string[]> {
  if (names.length === 0) return []
  const prefix = `/${crypto.randomUUID()}/`
  const service = await kubectl.serve(proxyArguments(prefix, kubectl.namespace, names), PORT).start()
  try {
    const endpoint = await service.endpoint({ scheme: "http" })
    return (
      await Promise.all(
        names.map(name => valuesAt(`${endpoint}${prefix.slice(0, -1)}${pathOf(kubectl.namespace, name)}`)),
      )
    ).flat()
  } finally {
    await service.stop()
  }
}

export function proxyArguments(prefix: string, namespace: string, names: string[]): string[] {
  const paths = names.map(name => `^${pathOf(namespace, name).replaceAll(".", "\\.")}$`)
  return [
    "proxy",
    `--port=${PORT}`,
    "--address=0.0.0.0",
    "--accept-hosts=.*",
    "--reject-methods=^[^G]",
    `--api-prefix=${prefix}`,
    `--accept-paths=${paths.join(",")}`,
  ]
}

function pathOf(namespace: string, name: string): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`
}

/** None where there is no such Secret. */
export async function valuesAt(url: string): Promise<string[]> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) })
  if (answer.status === 404) return []
  if (!answer.ok) throw new Error(`${new URL(url).pathname.split("/").slice(2).join("/")}: status ${answer.status}`)
  const { data } = readShape(Secret, await answer.json(), "a Secret")
  return Object.values(data)
    .map(value => Buffer.from(value, "base64").toString())
    .filter(Boolean)
}
