/*
 * Which values the Secrets of a chart are made of, read off its templates as people write them. What a helper makes is not found.
 * A pattern is the path of a value with * for each key that a loop goes through: secrets.*.password.
 */

/**
 * A value in a Secret, with the key of --secrets that it may come from. Nothing can be named in a list, since Helm takes it as
 * one value, nor where a loop goes through what values.yaml does not have.
 */
export type SecretValue = { path: string; key: string } | { path: string; unnamed: "list" | "nothing" }

/** What an action opens, until its end: what the dot is in it, and what its variables are. */
interface Scope {
  dot?: string
  variables: Record<string, string | undefined>
}

const ACTION = /\{\{-?\s*([^{}]*?)\s*-?\}\}/g
const OPENING = /^(range|with|if|define|block)\b/
/** An entry of the data that is one value, whatever its name. */
const ENTRY = /^\s+(["']?[\w.-]+["']?|["']?\{\{[^{}]*\}\}["']?):\s*["']?\{\{-?\s*([^{}]*?)\s*-?\}\}["']?\s*$/
/** A mapping of values as a whole. */
const WHOLE = /\b(toYaml|toJson)\b/
const SECRET_NAME = /(password|secret|token|key)$/i

/** The values in the Secrets of a template. `values`: the paths of the chart's values; an empty list's ends in []. */
export function secretValuesIn(template: string, values: string[]): SecretValue[] {
  const scopes: Scope[] = [{ variables: {} }]
  return template.split(/^---.*$/m).flatMap(document => {
    const isSecret = /^kind: ["']?Secret["']?\s*$/m.test(document)
    let isData = false
    return document.split("\n").flatMap(line => {
      isData = /^(data|stringData):/.test(line) || (isData && !/^\w/.test(line))
      const found = isSecret && isData ? inLine(line, scopes, values) : []
      for (const [, action] of line.matchAll(ACTION)) follow(action!, scopes)
      return found
    })
  })
}

function inLine(line: string, scopes: Scope[], values: string[]): SecretValue[] {
  const [, name, entry] = ENTRY.exec(line) ?? []
  if (entry !== undefined && !WHOLE.test(entry)) {
    const literal = name!.includes("{{") ? undefined : name!.replace(/["']/g, "")
    return patternsIn(entry, scopes)
      .slice(0, 1)
      .flatMap(pattern => fitting(pattern, values, literal))
  }
  return [...line.matchAll(ACTION)].flatMap(([, action]) => {
    const patterns = patternsIn(action!, scopes)
    if (WHOLE.test(action!) && entry === undefined) return patterns.flatMap(pattern => fitting(`${pattern}.*`, values))
    if (OPENING.test(action!)) return []
    return patterns.filter(pattern => SECRET_NAME.test(pattern)).flatMap(pattern => fitting(pattern, values))
  })
}

function follow(action: string, scopes: Scope[]): void {
  // An end too many is Helm's to name.
  if (action === "end" && scopes.length > 1) scopes.pop()
  const [, assigned, expression] = /^(\$\w+)\s*:?=\s*(.*)$/.exec(action) ?? []
  const [assignment] = expression === undefined ? [] : patternsIn(expression, scopes)
  if (assigned !== undefined) scopes.at(-1)!.variables[assigned] = assignment
  const [kind] = OPENING.exec(action) ?? []
  if (kind === undefined) return
  const [, names = ""] = /^(?:range|with)\s+(\$\w+(?:\s*,\s*\$\w+)?)\s*:?=/.exec(action) ?? []
  const [from] = kind === "range" || kind === "with" ? patternsIn(action.replace(/^.*?:?=/, ""), scopes) : []
  const dot = from !== undefined && kind === "range" ? `${from}.*` : from
  const variable = names.split(/\s*,\s*/).at(-1)!
  scopes.push({
    // A condition leaves the dot as it is.
    dot: kind === "range" || kind === "with" ? dot : scopes.at(-1)!.dot,
    variables: { ...scopes.at(-1)!.variables, ...(variable && { [variable]: dot }) },
  })
}

/** The values that an expression names, from the root, by the dot, and by a variable of a loop. */
function patternsIn(expression: string, scopes: Scope[]): string[] {
  const plain = expression.replace(/"(?:\\.|[^"\\])*"|`[^`]*`/g, '""')
  const { dot, variables } = scopes.at(-1)!
  return [...plain.matchAll(/(?<![\w$.)])(\$\w*)?(\.(?:\w[\w.]*)?)?(?![\w.])/g)].flatMap(
    ([text, variable, path = ""]) => {
      if (text === "") return []
      const inside = path.replace(/^\./, "")
      const [, value] = /^Values\.([\w.]*\w)$/.exec(inside) ?? []
      if (value !== undefined && (variable === "$" || variable === undefined)) return [value]
      const base = variable === undefined ? dot : variables[variable]
      return base === undefined ? [] : [inside === "" ? base : `${base}.${inside}`]
    },
  )
}

/** The values that a pattern stands for; without a loop the one that it names, whether the chart has it or not. */
function fitting(pattern: string, values: string[], name?: string): SecretValue[] {
  const before = pattern.split(".*")[0]!
  if (before === pattern) return [{ path: pattern, key: keyOf(name ?? pattern) }]
  const steps = pattern.split(".*").map(part => part.replaceAll(".", "\\."))
  const regexp = new RegExp(`^${steps.join("(?:\\.[^.[\\]]+|\\[\\d*\\])")}(?=$|[.[])`)
  const found = values.filter(path => regexp.test(path))
  if (values.some(path => path.startsWith(`${before}[`))) return [{ path: before, unnamed: "list" }]
  if (found.length === 0) return [{ path: before, unnamed: "nothing" }]
  return found.map(path =>
    path.includes("[")
      ? { path: path.split("[")[0]!, unnamed: "list" }
      : { path, key: keyOf(path.slice(before.length + 1)) },
  )
}

/** A name as a dotenv file has it: databaseUrl is DATABASE_URL. */
function keyOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/\W/g, "_")
    .toUpperCase()
}
