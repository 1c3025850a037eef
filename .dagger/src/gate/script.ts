/** A script of package.json that is one program call. */
export interface ScriptCall {
  env: Record<string, string>
  program: string
  args: string[]
}

/** Prefixes that run a program of the installation, and say nothing about it. */
const RUNNERS = [["npx"], ["pnpm", "exec"], ["pnpm"], ["yarn", "run"], ["yarn"], ["bunx"], ["bun", "x"], ["bun", "run"]]

/** A script as data, if it is one call of one program; undefined for what needs a shell. */
export function parseScript(script: string): ScriptCall | undefined {
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
  const called = words.slice(prefix?.length ?? 0).map(unquoted)
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

function unquoted(text: string): string {
  return text.replace(/"([^"]*)"|'([^']*)'/g, "$1$2")
}
