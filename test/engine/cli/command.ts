// The command line as a chain of functions: which ones, with which flags. Nothing runs here.
import {
  type Argument,
  coreEnum,
  coreObject,
  type EnumType,
  type FunctionType,
  type Model,
  type ObjectType,
  type TypeRef,
} from "../model.ts"
import { cliName, flagType, isRequired, readFlag, UsageError } from "./flags.ts"

export interface Link {
  /** As typed: "dagger call", "dagger call build". */
  path: string
  function: FunctionType
  /** What the functions after this one belong to. */
  object?: ObjectType
  values: Record<string, unknown>
}

export interface Globals {
  module?: string
  output?: string
  json: boolean
  help: boolean
  autoApply: boolean
  silent: boolean
  quiet: boolean
  verbose: boolean
}
export const noGlobals: Globals = {
  json: false,
  help: false,
  autoApply: false,
  silent: false,
  quiet: false,
  verbose: false,
}

export interface GlobalFlag {
  name: string
  short?: string
  takes?: string
  usage: string
  set(globals: Globals, value: string): void
}
export const globalFlags: GlobalFlag[] = [
  {
    name: "auto-apply",
    short: "y",
    usage: "Automatically apply changes when a changeset is returned",
    set: globals => {
      globals.autoApply = true
    },
  },
  { name: "debug", short: "d", usage: "Accepted; progress is always whole", set: () => {} },
  {
    name: "help",
    short: "h",
    usage: "Print usage",
    set: globals => {
      globals.help = true
    },
  },
  {
    name: "mod",
    short: "m",
    takes: "string",
    usage: "Module reference to load, a local path",
    set: (globals, value) => {
      globals.module = value
    },
  },
  {
    name: "progress",
    takes: "string",
    usage: "Progress output format (auto, plain)",
    set: (_, value) => {
      if (!/^(auto|plain|logs|report|dots|tty)$/.test(value)) throw new UsageError(`unknown progress type "${value}"`)
    },
  },
  {
    name: "quiet",
    short: "q",
    usage: "Reduce verbosity",
    set: globals => {
      globals.quiet = true
    },
  },
  {
    name: "silent",
    short: "s",
    usage: "Do not show progress at all",
    set: globals => {
      globals.silent = true
    },
  },
  {
    name: "verbose",
    short: "v",
    usage: "Increase verbosity: show what containers print in encapsulated spans, too",
    set: globals => {
      globals.verbose = true
    },
  },
]
export const callFlags: GlobalFlag[] = [
  {
    name: "json",
    short: "j",
    usage: "Present result as JSON",
    set: globals => {
      globals.json = true
    },
  },
  {
    name: "output",
    short: "o",
    takes: "string",
    usage: "Save the result to a local file or directory",
    set: (globals, value) => {
      globals.output = value
    },
  },
]

interface Given {
  name: string
  word?: string
}

/** Reads the flags up to the next word that is none. `take` says whether a flag is known, and whether a word belongs to it. */
const readFlags = (
  words: string[],
  take: (name: string) => { takes: boolean; use(word: string): void } | undefined,
): void => {
  const use = ({ name, word }: Given, shown: string) => {
    const flag = take(name)
    if (!flag)
      throw new UsageError(
        shown.startsWith("--") ? `unknown flag: --${name}` : `unknown shorthand flag: '${name}' in ${shown}`,
      )
    const value = word ?? (flag.takes ? words.shift() : "true")
    if (value === undefined)
      throw new UsageError(
        shown.startsWith("--") ? `flag needs an argument: --${name}` : `flag needs an argument: '${name}' in ${shown}`,
      )
    flag.use(value)
    return flag.takes
  }
  while (words[0]?.startsWith("-") && words[0] !== "-") {
    const shown = words.shift()!
    if (shown === "--") return
    const [, name, word] = /^--([^=]+)(?:=(.*))?$/s.exec(shown) ?? []
    if (name) use({ name, word }, shown)
    // Short flags may stand together, the last one with its word.
    else
      for (let rest = shown.slice(1); rest !== "";) {
        const [letter, after] = [rest[0]!, rest.slice(1)]
        const glued = take(letter)?.takes && after !== ""
        use({ name: letter, word: glued ? after.replace(/^=/, "") : undefined }, shown)
        rest = glued ? "" : after
      }
  }
}

const globalTaker = (flags: GlobalFlag[], globals: Globals) => (name: string) => {
  const flag = flags.find(({ name: long, short }) => long === name || short === name)
  return flag && { takes: flag.takes !== undefined, use: (word: string) => flag.set(globals, word) }
}

/** Takes the flags that stand before or after the subcommand's name. */
export const readGlobals = (words: string[], globals: Globals, flags = globalFlags): void =>
  readFlags(words, globalTaker(flags, globals))

/** The words of a line whose flags may stand anywhere. */
export const readWords = (words: string[], globals: Globals, flags = globalFlags): string[] => {
  readGlobals(words, globals, flags)
  const word = words.shift()
  return word === undefined ? [] : [word, ...readWords(words, globals, flags)]
}

export const enumOf =
  (model: Model) =>
  (name: string): EnumType | undefined =>
    model.enums[name] ?? coreEnum(name)
export const objectOf = (model: Model, type: TypeRef): ObjectType | undefined => {
  if (type.kind === "LIST") return objectOf(model, type.of!)
  return type.kind === "OBJECT" ? (model.objects[type.name!] ?? coreObject(type.name!)) : undefined
}

/** Functions whose required arguments the command line can give. */
export const callable = (model: Model, object: ObjectType): FunctionType[] =>
  object.functions.filter(
    ({ args, name }) =>
      name !== "sync" &&
      !args.some(arg => isRequired(arg) && flagType(arg.type, { enumOf: enumOf(model) }) === undefined),
  )

export const pascal = (name: string): string =>
  name
    .split(/[^a-zA-Z0-9]+/)
    .map(part => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join("")

export const mainObject = (model: Model, module: string): ObjectType => {
  const name = pascal(module)
  const object = model.objects[name]
  if (!object) throw new Error(`module ${module} has no object ${name}`)
  return object
}
export const constructorOf = (object: ObjectType): FunctionType => ({
  ...(object.constructor ?? { args: [], description: "", cache: "Default", check: false, field: false }),
  name: "",
  returns: { kind: "OBJECT", name: object.name },
})

/** Follows the words from the main object's constructor to the last function. */
export const readChain = (words: string[], model: Model, main: ObjectType, globals: Globals): Link[] => {
  const types = { enumOf: enumOf(model) }
  const follow = (path: string, of: FunctionType): Link[] => {
    const values: Record<string, unknown> = {},
      args = new Map(of.args.map(arg => [cliName(arg.name), arg]))
    const global = globalTaker([...callFlags, ...globalFlags], globals)
    const own = (name: string) => {
      const arg = args.get(cliName(name))
      if (!arg || flagType(arg.type, types) === undefined) return undefined
      return {
        takes: arg.type.kind !== "BOOLEAN",
        use: (word: string) => {
          values[arg.name] = readFlag(arg, word, values[arg.name], types)
        },
      }
    }
    readFlags(words, name => (name.length > 1 ? own(name) : undefined) ?? global(name))
    const object = objectOf(model, of.returns),
      link: Link = { path, function: of, object, values }
    const word = words.shift()
    if (word === undefined) return [link]
    const next = object && callable(model, object).find(({ name }) => cliName(name) === word)
    if (!next) throw Object.assign(new UsageError(`unknown command "${word}" for "${path}"`), { path })
    return [link, ...follow(`${path} ${word}`, next)]
  }
  return follow("dagger call", constructorOf(main))
}

export const missingFlags = ({ function: { args }, values }: Link): Argument[] =>
  args.filter(arg => isRequired(arg) && !(arg.name in values))
