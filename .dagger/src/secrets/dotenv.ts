import { CloudNativeError } from "../errors.js"

const BLANK = /^\s*(?:#.*)?$/
const ASSIGNMENT = /^\s*(?:export\s+)?([^\s=]+)\s*=\s*(.*)$/
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t" }

/** Read a dotenv file. An error names lines and keys, never a value, and `parseEnv` of Node knows no lines. */
export function parseDotenv(text: string): Record<string, string> {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/)
  const values = new Map<string, string>()
  const problems: string[] = []
  for (let index = 0; index < lines.length; index++) {
    const number = index + 1
    if (BLANK.test(lines[index]!)) continue
    const [, key, start] = ASSIGNMENT.exec(lines[index]!) ?? []
    if (key === undefined || start === undefined) {
      problems.push(`line ${number}: expected KEY=value`)
      continue
    }
    if (!NAME.test(key)) problems.push(`line ${number}: expected a key of letters, digits and _, without a digit first`)
    if (values.has(key)) problems.push(`line ${number}: ${key} is there a second time`)
    const value = readValue(lines, index, start)
    if (!value) problems.push(`line ${number}: the quotes of ${key} are not closed, or something follows them`)
    values.set(key, value?.text ?? "")
    index = value?.last ?? index
  }
  if (values.size === 0 && problems.length === 0) problems.push("it has no line like KEY=value")
  if (problems.length > 0) throw invalid(problems)
  return Object.fromEntries(values)
}
