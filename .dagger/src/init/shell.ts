/** Variables of a script that have one value in it. */
export type Variables = Record<string, string>

const BLANK = /[^\S\n]+|\\\r?\n/y
const COMMENT = /#.*/y
const REDIRECTION = /\d?[<>]+[&|]?/y
const END = /[\n;&|()]+/y
const REST = /.+/y
const WORD =
  /(?:'[^']*'|"(?:\\[^]|[^"\\])*"|\\[^]|\$\{\{[^]*?\}\}|\$\([^()]*\)|\$\{[^}]*\}|`[^`]*`|[^\s;&|()<>'"\\`])+/y

/** A text that a command reads, up to the word that ends it. */
const HERE_DOCUMENT = /(?<!<)<<[-~]?[^\S\n]*(['"]?)(\w+)\1[^\n]*\n(?:[^]*?\n)?[^\S\n]*\2(?=\n|$)/g

/** The commands of a script, each as its words without quotes. Comments, redirections and here-documents are left out. */
export function commandsIn(text: string): string[][] {
  const script = text.replace(HERE_DOCUMENT, "\n")
  const commands: string[][] = [[]]
  let isTarget = false
  let at = 0
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at
    const [found] = pattern.exec(script) ?? []
    at += found?.length ?? 0
    return found
  }
  while (at < script.length) {
    if (take(BLANK) !== undefined || take(COMMENT) !== undefined) continue
    if (take(REDIRECTION) !== undefined) isTarget = true
    else if (take(END) !== undefined) commands.push([])
    else {
      const word = take(WORD)
      // A quote without its other half: nobody knows what it was for.
      if (word === undefined) take(REST)
      else if (!isTarget) commands.at(-1)!.push(unquoted(word))
      isTarget = false
    }
  }
  return commands.filter(words => words.length > 0)
}

function unquoted(word: string): string {
  return word.replace(
    /(\$\{\{[^]*?\}\}|\$\([^()]*\)|`[^`]*`)|'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\\r?\n|\\([^])/g,
    (_, kept?: string, single?: string, double?: string, escaped?: string) =>
      kept ?? single ?? double?.replace(/\\\r?\n/g, "").replace(/\\(["\\$`])/g, "$1") ?? escaped ?? "",
  )
}

/** What a script or a Makefile sets, without what it sets in two ways. */
export function variablesIn(script: string): Variables {
  const set = script.matchAll(
    /^[^\S\n]*(?:(?:export|local|readonly|declare)\s+)?([A-Za-z_]\w*)[^\S\n]*[:?]?=[^\S\n]*(.*)$/gm,
  )
  return single([...set].map(([, name, value]) => [name!, withDefault(name!, commandsIn(value!)[0]?.join(" ") ?? "")]))
}

/** `NAME=${NAME:-default}` sets what the environment may set otherwise: the repository says the default. */
function withDefault(name: string, value: string): string {
  return value.replace(new RegExp(`\\$\\{${name}:?-([^}]*)\\}`, "g"), "$1")
}

/** Of pairs those whose name has one value. */
export function single(pairs: [name: string, value: string][]): Variables {
  return Object.fromEntries(
    pairs.filter(([name, value]) => pairs.every(other => other[0] !== name || other[1] === value)),
  )
}

/** `${{ env.NAME }}`, `$(NAME)`, `${NAME:-default}` and `$NAME`, as workflows, Makefiles and shells write them. */
const REFERENCE = /\$\{\{\s*env\.(\w+)\s*\}\}|\$\((\w+)\)|\$\{(\w+)(?::?-([^}]*))?\}|\$\$?(\w+)/g

/** A text with the values of its variables; those that have none are left in it. */
export function expanded(text: string, variables: Variables, depth = 5): string {
  const once = text.replace(REFERENCE, (whole, ...[env, make, braced, fallback, plain]: (string | undefined)[]) => {
    const name = (env ?? make ?? braced ?? plain)!
    return (Object.hasOwn(variables, name) ? variables[name] : fallback) ?? whole
  })
  return once === text || depth === 0 ? once : expanded(once, variables, depth - 1)
}

/** A path without what it begins with where only a run knows that, as in `$(cd "$(dirname "$0")/.." && pwd)/charts`. */
export function withoutStart(path: string): string {
  return isOpen(path) ? path.replace(/^.*[)}`]\/|^\$\w+\//, "") : path
}

/** Whether a text has a variable left, or what a command or a template would put there. */
export function isOpen(text: string): boolean {
  return /[$`]|\{\{/.test(text)
}
