import { closest, distance } from "fastest-levenshtein"
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from "yaml"
import { z } from "zod"

import { CloudNativeError } from "../util/errors.js"
import type { Reference } from "./references.js"
import { Config } from "./schema.js"

type Path = (string | number)[]

interface Problem {
  offset: number
  text: string
}

/** Read the configuration; throws one error that names every mistake by file, line and column. */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const invalid = (problems: Problem[]) => configInvalid(problems, lines, file)
  if (document.errors.length > 0) throw invalid(document.errors.map(error => syntaxProblem(error, text)))
  const read = Config.safeParse(valueOf(document, invalid), { reportInput: true })
  if (read.success) return read.data
  throw invalid(read.error.issues.flatMap(issue => problemsOf(issue, document)))
}

function syntaxProblem({ code, message, pos: [offset] }: YAMLError, text: string): Problem {
  if (code === "DUPLICATE_KEY")
    return { offset, text: `${/[^\s:]*/.exec(text.slice(offset))![0]}: expected each key once, got it a second time` }
  if (code === "MULTIPLE_DOCS") return { offset, text: "the file: expected one document, got another one" }
  return { offset, text: `not YAML: ${message}` }
}

/** The document as data; aliases that lead nowhere, or that multiply without bound, show only now. */
function valueOf(document: Document, invalid: (problems: Problem[]) => CloudNativeError): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw invalid([{ offset: 0, text: `not YAML: ${(error as Error).message}` }])
  }
}

function problemsOf(issue: z.core.$ZodIssue, document: Document): Problem[] {
  const path = issue.path as Path
  const problem = (got: string, meant = "") => ({
    offset: offsetOf(document, path, "value"),
    text: `${nameOf(path)}: expected ${issue.message}, got ${got}${meant}`,
  })
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(Config, path)
      return issue.keys.map(key => unknownKey(document, [...path, key], key, known))
    }
    case "invalid_key":
      return [
        {
          offset: offsetOf(document, path, "key"),
          text: `${nameOf(path)}: expected as key ${issue.issues[0]!.message}`,
        },
      ]
    case "invalid_value":
      return [problem(describe(issue.input), suggestion(String(issue.input), issue.values.map(String)))]
    case "custom": {
      const { got = describe(issue.input), meant } = (issue.params ?? {}) as Partial<Reference>
      return [problem(got, meant && suggestion(meant.word, meant.candidates))]
    }
    default:
      return [problem(describe(issue.input))]
  }
}

function unknownKey(document: Document, path: Path, key: string, known: string[]): Problem {
  return {
    offset: offsetOf(document, path, "key"),
    text: `${nameOf(path)}: expected one of ${known.join(", ")}${suggestion(key, known)}`,
  }
}

/** A path as people write it: handshake[0].expect.status. */
function nameOf(path: Path): string {
  return (
    path
      .map(step => (typeof step === "number" ? `[${step}]` : `.${step}`))
      .join("")
      .replace(/^\./, "") || "the file"
  )
}

/** The candidate that was probably meant, if there is one that is near enough. */
function suggestion(word: string, candidates: string[]): string {
  const nearest = closest(word, candidates)
  const near =
    nearest !== undefined && distance(word.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, word.length / 3)
  return near ? `; did you mean "${nearest}"?` : ""
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing"
  if (Array.isArray(value)) return "a list"
  return typeof value === "object" ? "a mapping" : JSON.stringify(value)
}

/** Where a key or its value stands; of what is missing, where the mapping begins that lacks it. */
function offsetOf(document: Document, path: Path, side: "key" | "value"): number {
  let offset = 0
  let node: Node | null = document.contents
  for (const [index, step] of path.entries()) {
    const inner: Node | null = isAlias(node) ? (node.resolve(document) ?? null) : node
    const pair = isMap(inner)
      ? inner.items.find(item => isScalar(item.key) && String(item.key.value) === step)
      : undefined
    const next = isSeq(inner) ? inner.items[step as number] : pair?.value
    const last = index === path.length - 1
    const shown = last && side === "key" ? pair?.key : (next ?? pair?.key)
    if (!isNode(shown)) return offset
    offset = shown.range![0]
    node = isNode(next) ? next : null
  }
  return offset
}

/** The keys that a mapping may have at a place of the schema. */
function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return keysAt(schema.unwrap(), path)
  if (schema instanceof z.ZodPipe) return keysAt(schema.in instanceof z.ZodTransform ? schema.out : schema.in, path)
  const [step, ...rest] = path
  if (schema instanceof z.ZodObject)
    return step === undefined
      ? Object.keys(schema.shape)
      : keysAt((schema.shape as Record<string, z.core.$ZodType>)[step]!, rest)
  if (schema instanceof z.ZodRecord) return keysAt(schema.valueType, rest)
  if (schema instanceof z.ZodArray) return keysAt(schema.element, rest)
  // Stryker disable next-line ArrayDeclaration: the ways to all keys lead through the types above
  return []
}

function configInvalid(problems: Problem[], lines: LineCounter, file: string): CloudNativeError {
  const located = problems
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, text }) => {
      const { line, col } = lines.linePos(offset)
      return `${file}:${line}:${col} ${text}`
    })
  return new CloudNativeError({
    code: "CONFIG_INVALID",
    blame: "user",
    what: located.length === 1 ? "the configuration has a mistake" : `the configuration has ${located.length} mistakes`,
    why: located.join("\n"),
    fix: `correct ${file} at the places named above`,
  })
}
