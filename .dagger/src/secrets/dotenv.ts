import { parseEnv } from "node:util"

import { CloudNativeError } from "../errors.js"

const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Read a dotenv file. An error names the line or the key, never a value. */
export function parseDotenv(text: string): Record<string, string> {
  const values = parseEnv(text) as Record<string, string>
  const keys = Object.keys(values)
  const problem = keys.length === 0 ? "it holds no line like KEY=value" : keys.filter(key => !KEY.test(key)).map(key => `not a name of a variable: ${key}`).join("\n")
  if (!problem) return values
  throw new CloudNativeError({
    code: "SECRETS_INVALID",
    blame: "user",
    what: "the dotenv of --secrets cannot be used",
    why: problem,
    fix: "pass lines like KEY=value, for example with --secrets=file:prod.env",
  })
}
