import { parse } from "yaml"

import { decodedText } from "../../util/base64.js"
import { parseDotenv } from "../../util/dotenv.js"
import { base64Within, formsOf } from "../../util/redact.js"
import type { Row } from "../facts.js"
import { placeInImage } from "./leaks.js"

/** A value that must not be in an image. */
export interface GivenValue {
  /** Its key, where it stands in a dotenv, beside settings that are no secrets. */
  key?: string
  value: string
}

export interface FoundValue {
  key?: string
  path: string
}

/** Shorter ones would be found everywhere. */
const SHORTEST = 8
/** From here on a value of a dotenv is no word of the language, as production is. */
const LONG = 20

/** Whether a value can be told from ordinary text. */
export function isTelling({ key, value }: GivenValue): boolean {
  const text = value.trim()
  return text.length >= SHORTEST && (key === undefined || text.length >= LONG || (/\d/.test(text) && /\D/.test(text)))
}

/** What to look for, a line each: of a value with several lines, such as a key, the longest one says enough. */
export function patternsOf(values: string[]): string[] {
  const lines = values.map(value => longest(value.trim().split("\n")))
  return [...new Set(lines.flatMap(line => [...formsOf(line), ...piecesOf(line)]))].filter(
    form => form.length >= SHORTEST,
  )
}

function longest(texts: string[]): string {
  return texts.reduce((longer, text) => (text.length > longer.length ? text : longer))
}

/** Bytes: base64 is broken into lines of 76 characters, and no break goes through both of two such pieces. */
const PIECE = 24

/** Of a long value, pieces of its base64 that stand in one line. */
function piecesOf(value: string): string[] {
  const bytes = Buffer.from(value)
  if (bytes.length < 2 * PIECE) return []
  const pieces = [bytes.subarray(-2 * PIECE, -PIECE), bytes.subarray(-PIECE)]
  return pieces.flatMap(piece => [0, 1, 2].flatMap(offset => base64Within(piece, offset)))
}

const SECRET_KEY = /^(token|password|client-key-data|id-token|refresh-token)$/

/** The values in a secret: those of a dotenv; those of a kubeconfig that are secret; else itself. */
export function valuesOf(text: string): GivenValue[] {
  const entries = entriesOf(text)
  if (entries) return Object.entries(entries).map(([key, value]) => ({ key, value }))
  const inner = secretsIn(yamlOf(decodedText(text) ?? text))
  return (inner.length > 0 ? inner : [text]).map(value => ({ value }))
}

/** Entries of a dotenv; undefined: it is none, as a value in base64 that ends with = is none. */
function entriesOf(text: string): Record<string, string> | undefined {
  try {
    const entries = parseDotenv(text)
    return Object.values(entries).every(value => /^=*$/.test(value)) ? undefined : entries
  } catch {
    return undefined
  }
}

function yamlOf(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

function secretsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    SECRET_KEY.test(key) && typeof inner === "string" ? [inner] : secretsIn(inner),
  )
}

export const KNOWN_VALUES = { name: "given secrets", limit: "none" }

/** Next.js itself puts this key into its server's manifests, of which a browser gets none. */
const SERVER_KEY = { name: "NEXT_SERVER_ACTIONS_ENCRYPTION_KEY", path: /\/\.next\/server\/.*-manifest\.js(on)?$/ }

/** Where the values of given secrets were found: by the key that one has, and never by what it is. */
export function givenRow(values: GivenValue[], found: FoundValue[]): Row {
  const row = KNOWN_VALUES
  if (values.length === 0)
    return { ...row, actual: "—", verdict: "not checked", how: "no secret was given to look for" }
  const telling = values.filter(isTelling).length
  const others = values.length > telling ? `${values.length - telling} too short or too plain to look for` : ""
  if (telling === 0) return { ...row, actual: "—", verdict: "not checked", how: others }
  const isServerKey = ({ key, path }: FoundValue) => key === SERVER_KEY.name && SERVER_KEY.path.test(path)
  const leaked = found.filter(value => !isServerKey(value))
  const kept = leaked.length < found.length ? `${SERVER_KEY.name} is where Next.js itself puts it` : ""
  const files = new Set(leaked.map(({ path }) => path)).size
  return {
    ...row,
    actual: files > 0 ? `in ${files} files` : "none found",
    verdict: files > 0 ? "fail" : "pass",
    how: [`${telling} values: plain, base64, hexadecimal, URL-encoded`, others, kept].filter(Boolean).join("; "),
    findings: leaked.map(
      ({ key, path }) => `${key ? `${key} of a secret` : "a secret"} that was given: ${placeInImage(path)}`,
    ),
  }
}
