import { decodedText } from "./base64.js"
import { CloudNativeError } from "./errors.js"

const BLANK = /[^\S\n]*(?:#.*)?(?:\n|$)/y
/** KEY=value, KEY='value', KEY="value" or KEY=`value`, the quoted ones over several lines if need be; a comment needs a space before it. */
const ENTRY =
  /[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_]\w*)[^\S\n]*=[^\S\n]*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|([^\s"'`#][^\n#]*?)?)[^\S\n]*(?:(?<=\s)#.*)?(?:\n|$)/y

/** Kubernetes takes no longer key in a Secret. */
const LONGEST_KEY = 253

/**
 * Read a dotenv file. What parsers read differently, as a # within a value without quotes, is an error rather than a guess.
 * An error names the line or the key, never a value; Node's own `parseEnv` skips what it cannot read.
 */
export function parseDotenv(given: string, argument = "--secrets"): Record<string, string> {
  const invalid = (why: string) => refused(argument, why)
  const file = dotenvText(given)
  if (file === given && decodedText(given) !== undefined)
    throw invalid("it is in base64, and what that stands for has no line like KEY=value; it may be encoded twice")
  const text = file.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n")
  const values = new Map<string, string>()
  const expandable: { line: number; key: string; value: string }[] = []
  for (let offset = 0; offset < text.length;) {
    const blank = matchAt(BLANK, text, offset)
    const entry = blank ?? matchAt(ENTRY, text, offset)
    const line = text.slice(0, offset).split("\n").length
    if (!entry)
      throw invalid(`line ${line} is not like KEY=value; a value with a quote or a # in it needs quotes around it`)
    if (!blank) {
      const key = entry[1]!
      const [, , double, single, backtick, bare = ""] = entry
      if (key.length > LONGEST_KEY)
        throw invalid(
          `line ${line} sets a key of ${key.length} characters; if the file is in base64, it is no dotenv inside`,
        )
      if (/\$\{/.test(double ?? backtick ?? bare)) throw invalid(composed(line, key, "${…}"))
      if (values.has(key)) throw invalid(`line ${line} sets ${key} a second time`)
      expandable.push({ line, key, value: double ?? backtick ?? bare })
      values.set(key, double?.replaceAll("\\n", "\n") ?? single ?? backtick ?? bare)
    }
    offset += entry[0].length
  }
  if (values.size === 0) throw invalid("it has no line like KEY=value")
  // A dollar alone is common in passwords; before another key of the file, it is meant.
  for (const { line, key, value } of expandable) {
    const other = [...value.matchAll(/(?<!\\)\$([A-Za-z_]\w*)/g)].find(([, name]) => values.has(name!))
    if (other) throw invalid(composed(line, key, other[0]))
  }
  return Object.fromEntries(values)
}

/** What a dotenv file says, also of one that is kept in base64. */
export function dotenvText(given: string): string {
  const decoded = decodedText(given)
  return decoded !== undefined && /^\s*(#|(export\s+)?[A-Za-z_]\w*\s*=)/.test(decoded) ? decoded : given
}

function composed(line: number, key: string, part: string): string {
  return `line ${line} sets ${key} to a value with ${part} in it, which some programs replace and others keep; write the whole value, or put it in single quotes to keep it as it is`
}

function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | undefined {
  pattern.lastIndex = offset
  return pattern.exec(text) ?? undefined
}

function refused(argument: string, why: string): CloudNativeError {
  return new CloudNativeError({
    code: "SECRETS_INVALID",
    blame: "user",
    what: `the dotenv of ${argument} cannot be used`,
    why,
    fix: `pass lines like KEY=value, for example with ${argument}=file:PATH`,
  })
}
