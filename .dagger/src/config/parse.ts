import { closest } from "fastest-levenshtein"
import { isMap, isScalar, LineCounter, parseDocument, type Document } from "yaml"
import { z } from "zod"

import { CloudNativeError } from "../errors.js"
import { Config } from "./schema.js"

interface Problem {
  offset: number
  text: string
}

/** Read the configuration; throws one error that names every mistake by file, line and column. */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const syntax = document.errors.map(error => ({ offset: error.pos[0], text: error.message }))
  if (syntax.length > 0) throw invalid(syntax, lines, file)
  const read = Config.safeParse(document.toJS() ?? {})
  if (read.success) return read.data
  throw invalid(read.error.issues.flatMap(issue => problemsOf(issue, document)), lines, file)
}

function problemsOf(issue: z.core.$ZodIssue, document: Document): Problem[] {
  const path = issue.path.map(step => (typeof step === "symbol" ? String(step) : step))
  if (issue.code !== "unrecognized_keys") return [{ offset: offsetOf(document, path), text: `${path.join(".") || "the file"}: ${issue.message.replace("Invalid input: ", "")}` }]
  const known = keysAt(Config.def.in as z.ZodType, path)
  return issue.keys.map(key => ({
    offset: offsetOf(document, [...path, key]),
    text: `${[...path, key].join(".")}: unknown key; did you mean ${closest(key, known)}? Known here: ${known.join(", ")}`,
  }))
}

/** Where a key's entry begins, or the deepest part of the path that is there. */
function offsetOf(document: Document, path: (string | number)[]): number {
  const [last] = path.slice(-1)
  const parent = document.getIn(path.slice(0, -1), true)
  const container = path.length > 1 ? parent : document.contents
  const key = isMap(container) ? container.items.find(item => isScalar(item.key) && item.key.value === last)?.key : document.getIn(path, true)
  const range = (key as { range?: [number] } | undefined)?.range
  if (range) return range[0]
  return path.length > 0 ? offsetOf(document, path.slice(0, -1)) : 0
}

/** The keys that an object of the schema may have. */
function keysAt(schema: z.ZodType, path: (string | number)[]): string[] {
  const bare = unwrap(schema)
  const [step, ...rest] = path
  if (step === undefined) return bare instanceof z.ZodObject ? Object.keys(bare.shape) : []
  if (bare instanceof z.ZodObject) return keysAt(bare.shape[step] as z.ZodType, rest)
  if (bare instanceof z.ZodRecord) return keysAt(bare.valueType as z.ZodType, rest)
  if (bare instanceof z.ZodArray) return keysAt(bare.element as z.ZodType, rest)
  return []
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) return unwrap(schema.def.innerType as z.ZodType)
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in as z.ZodType)
  return schema
}

function invalid(problems: Problem[], lines: LineCounter, file: string): CloudNativeError {
  const sorted = problems.toSorted((a, b) => a.offset - b.offset)
  return new CloudNativeError({
    code: "CONFIG_INVALID",
    blame: "user",
    what: sorted.length === 1 ? "the configuration has a mistake" : `the configuration has ${sorted.length} mistakes`,
    why: sorted
      .map(({ offset, text }) => {
        const { line, col } = lines.linePos(offset)
        return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)} ${text}`
      })
      .join("\n"),
    fix: `mend ${file}; every key is optional`,
  })
}
