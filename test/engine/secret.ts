// Secrets: plain text lives in this process only; values, keys and files know a keyed digest of it.
import { execFileSync } from "node:child_process"
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

import { GraphQLError } from "graphql"

import { addMakers } from "./evaluate.ts"
import { addLeaves } from "./leaf.ts"
import { hash, secretFolder } from "./store.ts"

export interface Secret {
  secret: string
  name: string
  uri: string
}

const plaintexts = new Map<string, string>()

const secret = (name: string, plaintext: string, uri = ""): Secret => {
  const digest = hash(`secret ${plaintext}`)
  plaintexts.set(digest, plaintext)
  return { secret: digest, name, uri }
}
export const plaintext = ({ secret }: Pick<Secret, "secret">): string => {
  const known = plaintexts.get(secret)
  if (known === undefined) throw new GraphQLError("the secret is not known in this session")
  return known
}

const providers: Record<string, (rest: string) => string> = {
  env: name => {
    const value = process.env[name]
    // Not the whole name: somebody may have typed the value instead.
    if (value === undefined)
      throw new GraphQLError(`secret env var not found: "${name.length >= 4 ? `${name.slice(0, 3)}...` : name}"`)
    return value
  },
  file: path => {
    try {
      return readFileSync(path.replace(/^~(?=\/|$)/, homedir()), "utf8")
    } catch (error) {
      throw new GraphQLError(`failed to read secret file "${path}": ${(error as Error).message}`)
    }
  },
  cmd: command => {
    try {
      return execFileSync("sh", ["-c", command], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
    } catch (error) {
      throw new GraphQLError(
        `failed to run secret command "${command}": exit status ${(error as { status?: number }).status}`,
      )
    }
  },
}

addMakers({
  "Query.setSecret": (_, { name, plaintext }) => secret(name, plaintext),
  "Query.secret": (_, { uri }) => {
    const [, scheme = "", rest = ""] = /^([a-z+]+):\/\/(.*)$/s.exec(uri) ?? []
    const provide = providers[scheme]
    if (!provide)
      throw new GraphQLError(scheme ? `unsupported secret provider: "${scheme}"` : `parse "${uri}": malformed id`)
    return secret(uri, provide(rest), uri)
  },
})

addLeaves({
  "Secret.name": ({ name }: Secret) => name,
  "Secret.plaintext": plaintext,
  "Secret.uri": ({ uri }: Secret) => uri,
})

let files = 0
const memoryFile = (contents: string, mode: number): string => {
  mkdirSync(secretFolder(), { recursive: true, mode: 0o711 })
  const path = join(secretFolder(), String(files++))
  writeFileSync(path, contents, { mode, flag: "wx" })
  return path
}

/** A file of the secret in memory, to be mounted. */
export const secretFile = (
  of: Pick<Secret, "secret">,
  { mode, uid, gid }: { mode: number; uid: number; gid: number },
): string => {
  const path = memoryFile(plaintext(of), mode)
  chownSync(path, uid, gid)
  return path
}

/** A login as Podman reads it. */
export const authFile = (host: string, username: string, of: Pick<Secret, "secret">): string =>
  memoryFile(
    JSON.stringify({ auths: { [host]: { auth: Buffer.from(`${username}:${plaintext(of)}`).toString("base64") } } }),
    0o600,
  )

/** Replaces every secret of the session, or those given, as the real engine does. */
export const scrub = (text: string, digests: Iterable<string> = plaintexts.keys()): string => {
  const secrets = [...digests].map(digest => plaintexts.get(digest) ?? "").flatMap(value => [value, value.trim()])
  const longestFirst = [...new Set(secrets)].filter(Boolean).sort((a, b) => b.length - a.length)
  return longestFirst.reduce((clean, value) => clean.replaceAll(value, "***"), text)
}
