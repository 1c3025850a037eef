// `dagger check`: the module's functions that are checks, all of them run, the failed ones counted.
import { scrub } from "../secret.ts"
import { runChain, select, type Session } from "./call.ts"
import {
  constructorOf,
  type GlobalFlag,
  globalFlags,
  type Globals,
  type Link,
  mainObject,
  objectOf,
  readWords,
} from "./command.ts"
import { withDotenv } from "./dotenv.ts"
import { cliName } from "./flags.ts"
import { list } from "./help.ts"

export const check = async (session: Session, words: string[], globals: Globals): Promise<void> => {
  let listing = false
  const listFlag: GlobalFlag = {
    name: "list",
    short: "l",
    usage: "List available checks",
    set: () => {
      listing = true
    },
  }
  const wanted = readWords(words, globals, [listFlag, ...globalFlags])
  const main = mainObject(session.model, session.module.name)
  const titled = (name: string) => `${cliName(session.module.name)}:${cliName(name)}`
  const meant = (name: string) =>
    wanted.length === 0 ||
    [titled(name), cliName(name), cliName(session.module.name)].some(known => wanted.includes(known))
  const checks = main.functions.filter(({ check, name }) => check && meant(name))
  if (listing) return void process.stdout.write(list(checks, ({ name }) => titled(name)))

  const bare: Link = { path: "dagger check", function: constructorOf(main), object: main, values: {} }
  const base = withDotenv(bare, session.module, session.model)
  const run = async (of: (typeof checks)[number]): Promise<boolean> => {
    const object = objectOf(session.model, of.returns),
      start = Date.now()
    const report = (mark: string, text = "") =>
      process.stderr.write(`${mark} ${titled(of.name)} ${((Date.now() - start) / 1000).toFixed(1)}s${text}\n`)
    try {
      const value = await runChain(session, [base, { path: "", function: of, object, values: {} }])
      if (object?.name === "Container") await select(value as string, "Container", "sync")
      report("✔")
      return true
    } catch (error) {
      report("✘", ` ERROR\n${scrub((error as Error).message)}`)
      return false
    }
  }
  const passed = await Promise.all(checks.map(run)),
    failed = passed.filter(each => !each).length
  if (failed > 0) throw new Error(`${failed} checks failed`)
}
