// Help texts and lists of functions.
import type { Argument, FunctionType, Model } from "../model.ts"
import { callable, callFlags, enumOf, globalFlags, type Link } from "./command.ts"
import { cliName, flagType, isRequired } from "./flags.ts"

const width = () => (process.stdout.columns ?? 80) - 1

const wrap = (text: string, room: number): string[] =>
  text.split("\n").flatMap(line => {
    const lines: string[] = [""]
    for (const word of line.split(" ")) {
      const last = lines.at(-1)!
      if (last !== "" && last.length + 1 + word.length > room) lines.push(word)
      else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`
    }
    return lines
  })

/** Two columns, the second one wrapped and aligned. */
const columns = (rows: [string, string][], indent: number, least = 0): string => {
  const left = Math.max(least, ...rows.map(([name]) => name.length)) + 3,
    room = Math.max(width() - indent - left, 20)
  return rows
    .map(([name, text]) =>
      wrap(text, room)
        .map((line, i) => `${" ".repeat(indent)}${(i === 0 ? name : "").padEnd(left)}${line}`.trimEnd())
        .join("\n"),
    )
    .join("\n")
}

const short = (description: string): string => description.split("\n")[0] || "-"

const argumentRow = (arg: Argument, model: Model): [string, string][] => {
  const type = flagType(arg.type, { enumOf: enumOf(model) })
  if (type === undefined) return []
  const known = arg.type.kind === "ENUM" ? enumOf(model)(arg.type.name!)?.members : undefined
  const value = Object.entries(known ?? {}).find(([, own]) => own === arg.default)?.[0] ?? arg.default
  const shown =
    value === undefined ||
    value === "" ||
    value === false ||
    value === 0 ||
    value === null ||
    (Array.isArray(value) && value.length === 0)
      ? ""
      : ` (default ${typeof value === "string" && type !== "string" ? value : Array.isArray(value) ? `[${value.join(",")}]` : JSON.stringify(value)})`
  return [
    [
      `    --${cliName(arg.name)}${type && ` ${type}`}`,
      `${arg.description}${shown}${isRequired(arg) ? " [required]" : ""}`.trim(),
    ],
  ]
}

const flagRows = (flags: typeof globalFlags): [string, string][] =>
  flags
    .filter(({ name }) => name !== "help")
    .map(({ name, short, takes, usage }) => [
      `${short ? `-${short}, ` : "    "}--${name}${takes ? ` ${takes}` : ""}`,
      usage,
    ])

export const help = (link: Link, model: Model): string => {
  const isRoot = link.path === "dagger call",
    functions = link.object ? callable(model, link.object) : []
  const rows = [...link.function.args]
    .sort((a, b) => Number(isRequired(b)) - Number(isRequired(a)) || (a.name < b.name ? -1 : 1))
    .flatMap(arg => argumentRow(arg, model))
  const usage = [
    link.path,
    isRoot ? "[options]" : rows.length > 0 ? "[arguments]" : "",
    functions.length > 0 ? "<function>" : "",
  ]
    .filter(Boolean)
    .join(" ")
  const sections = [
    isRoot ? "Call one or more functions, interconnected into a pipeline" : link.function.description,
    `USAGE\n  ${usage}`,
    functions.length > 0 ? `FUNCTIONS\n${columns(functionRows(functions), 2, 11)}` : "",
    rows.length > 0 ? `ARGUMENTS\n${columns(rows, 2)}` : "",
    isRoot ? `OPTIONS\n${columns(flagRows(callFlags), 2)}` : "",
    isRoot ? `INHERITED OPTIONS\n${columns(flagRows(globalFlags), 2)}` : "",
    functions.length > 0 ? `Use "${link.path} [command] --help" for more information about a command.` : "",
  ]
  return `${sections.filter(Boolean).join("\n\n")}\n`
}

const functionRows = (
  functions: FunctionType[],
  title = ({ name }: FunctionType) => cliName(name),
): [string, string][] =>
  functions.map((of): [string, string] => [title(of), short(of.description)]).sort(([a], [b]) => (a < b ? -1 : 1))

/** The list that `dagger functions` and `dagger check -l` print. */
export const list = (functions: FunctionType[], title?: (of: FunctionType) => string): string => {
  const rows: [string, string][] = [["Name", "Description"], ...functionRows(functions, title)],
    left = Math.max(...rows.map(([name]) => name.length)) + 3
  return rows.map(([name, text]) => `${name.padEnd(left)}${text}\n`).join("")
}

export const usage = `A tool to run composable workflows in containers: the subset of Dagger's CLI that the embedded engine serves

USAGE
  dagger [options] [subcommand]

COMMANDS
${columns(
  [
    ["call", "Call one or more functions, interconnected into a pipeline"],
    ["check", "Check the state of your project by running tests, linters, etc."],
    ["functions", "List available functions"],
    ["version", "Print dagger version"],
  ],
  2,
)}

OPTIONS
${columns(flagRows(globalFlags), 2)}
`
