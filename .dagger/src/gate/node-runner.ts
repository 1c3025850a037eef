import { inFolder, isIn, type Layout, normalize, parentOf, relativeTo } from "./layout.js"
import { type PackageJson, packageJson } from "./node.js"
import { parseScript, type ScriptCall } from "./script.js"
import type { Runner } from "./suite.js"

/** Where vitest and jest write their own report. */
const JSON_REPORT = ".cloud-native-tests.json"
/** Scripts that may run the unit tests, the likeliest first. */
const SCRIPTS = ["test", "test:unit", "test:ci", "unit"]
/** Options of a developer at the keyboard; coverage has thresholds and reporters of its own. */
const INTERACTIVE = /^(--watch(All)?(=.*)?|watch|dev|--ui)$/
/** Options for where reports go, which are said here: jest, vitest, Node.js and bun take them once, or in pairs. */
const REPORTS = /^--(test-reporter(-destination)?|reporter(-outfile)?|outputFile(\.[^=]+)?)$/
/** A runner as a file of the installation: `node --experimental-vm-modules node_modules/jest/bin/jest.js`. */
const BY_PATH = /(?:^|\/)node_modules\/(?:.+\/)?(jest|vitest)(?:\.m?js)?$/

interface Place {
  junit: string
  /** What a program of the installation is run with. */
  run: string[]
  /** Folder of the browser tests, which another runner runs. */
  browser?: string
  /** jest's configuration says which files are its tests. */
  chosen: boolean
}

/** The runner of an application in JavaScript, from its scripts, else from its dependencies; undefined where it has none. */
export function nodeRunner(path: string, junit: string, run: string[], layout: Layout): Runner | undefined {
  const manifest = packageJson(layout, path)
  if (!manifest) return undefined
  const place = { junit, run, browser: browserTests(path, layout), chosen: choosesTests(path, manifest, layout) }
  const folder = normalize(path)
  const files = layout.files.filter(file => isIn(folder, file)).map(file => relativeTo(folder, file))
  const calls = SCRIPTS.map(name => parseScript(manifest.scripts[name] ?? "", files)).filter(call => call !== undefined)
  const scripted = calls.map(call => runnerOf(call, place)).find(runner => runner !== undefined)
  if (scripted) return scripted
  const installed = { ...manifest.dependencies, ...manifest.devDependencies }
  const program = ["vitest", "jest"].find(name => name in installed)
  return program && hasTests(path, layout) ? runnerOf({ env: {}, program, args: [] }, place) : undefined
}

function runnerOf({ env, program, args }: ScriptCall, place: Place): Runner | undefined {
  const options = withoutReports(unattended(args))
  const words = [program, ...options]
  const at = words.findIndex((word, index) => BY_PATH.test(word) && (index === 0 || program === "node"))
  const made =
    at < 0
      ? commandOf(program, ["node", "bun"].includes(program) ? [program] : [...place.run, program], options, place)
      : commandOf(BY_PATH.exec(words[at]!)![1]!, words.slice(0, at + 1), words.slice(at + 1), place)
  if (!made) return undefined
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const command = variables.length > 0 ? ["env", ...variables, ...made.command] : made.command
  return { command, json: made.json, tools: [], warnings: [] }
}

/** Without options of a developer at the keyboard, and a `true` or `false` after one. */
function unattended(args: string[]): string[] {
  return args.filter(
    (arg, index) =>
      !INTERACTIVE.test(arg) && !(/^(true|false)$/.test(arg) && /^--watch(All)?$/.test(args[index - 1] ?? "")),
  )
}

/** Without options for reports, and the words after them that are their values. */
function withoutReports(options: string[]): string[] {
  return options.filter(
    (option, index) => !REPORTS.test(option.split("=")[0]!) && !REPORTS.test(options[index - 1] ?? ""),
  )
}

/** The command of a runner that is called by these words. */
function commandOf(
  program: string,
  call: string[],
  options: string[],
  { junit, browser, chosen }: Place,
): Pick<Runner, "command" | "json"> | undefined {
  switch (program) {
    case "vitest": {
      // Here it is short for --watch; jest's is the number of its workers.
      const unwatched = options.filter(option => option !== "-w")
      const words = unwatched[0] === "run" ? unwatched : ["run", ...unwatched]
      const reports = ["default", "junit", "json"].map(name => `--reporter=${name}`)
      const places = [`--outputFile.junit=${junit}`, `--outputFile.json=${JSON_REPORT}`]
      const excluded = browser ? [`--exclude=${browser}/**`] : []
      return { command: [...call, ...words, ...reports, ...places, ...excluded], json: JSON_REPORT }
    }
    case "jest": {
      // They replace jest's own, and are expressions that fit anywhere in a path.
      const paths = browser && !chosen ? ["/node_modules/", `<rootDir>/${browser}/`] : []
      const ignored = paths.map(path => `--testPathIgnorePatterns=${path}`)
      const report = ["--ci", "--json", `--outputFile=${JSON_REPORT}`]
      return { command: [...call, ...options, ...report, ...ignored], json: JSON_REPORT }
    }
    case "node":
    case "tsx": {
      const [before, after] = split(options, "--test")
      if (!before) return undefined
      const reports = [
        ["spec", "stdout"],
        ["junit", junit],
      ].flatMap(([name, place]) => [`--test-reporter=${name}`, `--test-reporter-destination=${place}`])
      return { command: [...call, ...before, ...reports, ...after] }
    }
    case "bun": {
      const [word, ...rest] = options
      if (word !== "test") return undefined
      return { command: [...call, "test", "--reporter=junit", `--reporter-outfile=${junit}`, ...rest] }
    }
    default:
      return undefined
  }
}

/** Words up to one of them, and those after it; nothing where it is not there. */
function split(words: string[], at: string): [string[], string[]] | [undefined, undefined] {
  const index = words.indexOf(at)
  return index < 0 ? [undefined, undefined] : [words.slice(0, index + 1), words.slice(index + 1)]
}

/**
 * Where Playwright's tests are, if it has any: their files end in .spec.ts as those of other runners do. Where it has a pattern of
 * its own, other tests may lie in that folder.
 */
function browserTests(path: string, layout: Layout): string | undefined {
  const { files, texts } = layout
  const config = configOf("playwright", path, layout)
  if (!config || hasSetting(texts[config]!, "testMatch|testIgnore")) return undefined
  const folder = /\btestDir:\s*["'`](?:\.\/)?([^"'`]+?)\/?["'`]/.exec(texts[config]!)?.[1]
  // Then the folder tells nothing of which tests are its own.
  if (folder === ".") return undefined
  return folder ?? ["e2e", "playwright", "tests/e2e"].find(name => files.some(file => isIn(inFolder(path, name), file)))
}

/** Whether jest's configuration says which files are its tests. */
function choosesTests(path: string, { jest }: PackageJson, layout: Layout): boolean {
  const config = layout.texts[configOf("jest", path, layout) ?? ""] ?? ""
  return hasSetting(`${JSON.stringify(jest)}\n${config}`, "testPathIgnorePatterns|testMatch|testRegex|roots")
}

/** Whether a configuration has one of these settings. `jest --init` writes all of them into comments. */
function hasSetting(config: string, settings: string): boolean {
  return new RegExp(`^(?!\\s*(//|\\*)).*\\b(${settings})\\b`, "m").test(config)
}

/** The file in a folder that configures a program. */
function configOf(program: string, path: string, { files }: Layout): string | undefined {
  const name = new RegExp(`^${program}\\.config\\.\\w+$`)
  return files.find(file => parentOf(file) === normalize(path) && name.test(file.split("/").at(-1)!))
}

function hasTests(path: string, { files }: Layout): boolean {
  const test = /(\.(test|spec)\.[cm]?[jt]sx?$)|(^|\/)__tests__\//
  return files.some(file => isIn(normalize(path), file) && test.test(file))
}
