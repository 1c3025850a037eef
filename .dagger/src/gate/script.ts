import { upwards } from "./layout.js"
import { patternOf } from "./pinned.js"

/** A script of package.json that is one program call. */
export interface ScriptCall {
  env: Record<string, string>
  program: string
  args: string[]
}

/** Prefixes that run a program of the installation, and say nothing about it. */
const RUNNERS = [["npx"], ["pnpm", "exec"], ["pnpm"], ["yarn", "run"], ["yarn"], ["bunx"], ["bun", "x"], ["bun", "run"]]

/** A script as data, if it is one call of one program; undefined for what needs a shell. `files`: those below its folder. */
export function parseScript(script: string, files: string[] = []): ScriptCall | undefined {
  // A variable that continues its own value, as jest's documentation has it, has none here.
  const text = script.replace(/\b(\w+)="\$\{?\1\b\}? +/g, '$1="')
  if (/[|&;<>$`()\\"']/.test(text.replace(/'[^']*'|"[^"$`\\]*"/g, ""))) return undefined
  const words = text.match(/("[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  const env: Record<string, string> = {}
  while (words.length > 0) {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)/s.exec(words[0]!) ?? []
    if (name) env[name] = unquoted(value!)
    else if (words[0] !== "cross-env") break
    words.shift()
  }
  const prefix = RUNNERS.find(runner => runner.every((word, index) => words[index] === word))
  const called = words.slice(prefix?.length ?? 0).flatMap(word => expanded(word, files))
  const [program, ...args] = prefix ? called.slice(called.findIndex(word => !word.startsWith("-"))) : called
  return program ? { env, program, args } : undefined
}

/** What installations run that reads nothing but manifests, settings, patches and schemas. */
const HARMLESS =
  /^((npx|bunx|yarn|pnpm)( --?\S+)* (exec |dlx |run )?)?(husky\b.*|patch-package\b.*|prisma generate\b.*|only-allow \S+|simple-git-hooks|lefthook install|next telemetry \w+|is-ci|true|:|exit 0|echo .*)$/

const LIFECYCLE = ["preinstall", "install", "postinstall", "prepare", "prepublish", "preprepare", "postprepare"]

/** Whether an installation may read any file at all, since it runs a script of the repository's own. */
export function runsOwnCode(scripts: Record<string, string>): boolean {
  return LIFECYCLE.some(name =>
    (scripts[name] ?? "")
      .split(/&&|\|\||;/)
      .map(part => part.trim())
      .some(part => part !== "" && !HARMLESS.test(part)),
  )
}

/** The files and folders that a word without quotes stands for in a shell, the hidden ones aside; without any, the word. */
function expanded(word: string, files: string[]): string[] {
  if (!/^[^"'[]*[*?][^"'[]*$/.test(word)) return [unquoted(word)]
  const [, here, pattern] = /^((?:\.\/)*)(.*)$/.exec(word)!
  const meant = patternOf(pattern!)
  const found = [...new Set(files.flatMap(upwards))].filter(path => meant.test(path) && !/(^|\/)\./.test(path)).sort()
  return found.length > 0 ? found.map(path => `${here}${path}`) : [word]
}

function unquoted(text: string): string {
  return text.replace(/"([^"]*)"|'([^']*)'/g, "$1$2")
}
