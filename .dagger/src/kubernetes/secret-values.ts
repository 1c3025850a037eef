import { z } from "zod"

import type { Kubectl } from "./kubectl.js"

const Secret = z.object({ data: z.record(z.string(), z.string()).nullish() })

/**
 * The entries of a Secret, decoded; undefined where the API server answers with one of the statuses in `absent`. Read over the
 * connection, never by a command: Dagger shows and keeps what a command prints.
 */
export async function readSecret(
  kubectl: Pick<Kubectl, "api">,
  name: string,
  absent: number[] = [404],
): Promise<Record<string, string> | undefined> {
  const secret = await (await kubectl.api()).get("secrets", name, Secret, absent)
  if (!secret) return undefined
  const decoded = Object.entries(secret.data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, "base64").toString(),
  ])
  return Object.fromEntries(decoded) as Record<string, string>
}

/** The values of those Secrets that exist. */
export async function secretValues(kubectl: Pick<Kubectl, "api">, names: string[]): Promise<string[]> {
  const secrets = await Promise.all(names.map(name => readSecret(kubectl, name)))
  return secrets.flatMap(secret => Object.values(secret ?? {})).filter(Boolean)
}
