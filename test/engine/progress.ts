// What the engine and the module say while they work: lines on stderr, without secrets.
import { AsyncLocalStorage } from "node:async_hooks"

import { scrub } from "./secret.ts"

let telling = false
let tellingAll = false
/** Whether anything is said at all, and whether everything is; an engine for tests is silent. */
export const tell = (on: boolean, all = false): void => {
  telling = on
  tellingAll = all
}

const shown = new AsyncLocalStorage<boolean>()
/** Does work that is shown, or is not: as on a real engine, nothing of a span that is encapsulated. */
export const showing = <T>(isShown: boolean, work: () => T): T => shown.run(isShown, work)
const isTelling = (): boolean => telling && (tellingAll || (shown.getStore() ?? true))

const start = Date.now()
const say = (text: string) =>
  process.stderr.write(`${((Date.now() - start) / 1000).toFixed(1).padStart(6)}s ${scrub(text)}\n`)

/** A step of the engine's. */
export const log = (text: string): void => {
  if (isTelling()) say(text)
}

/** Takes a stream of output and gives it on by whole lines, so that no secret is cut in two. */
export const lineLogger = (prefix: string): { write(chunk: string): void; end(): void } => {
  let rest = ""
  const isShown = isTelling()
  const line = (text: string) => {
    if (isShown) say(`${prefix} | ${text}`)
  }
  return {
    write(chunk) {
      const lines = (rest + chunk).split("\n")
      rest = lines.pop()!
      lines.forEach(line)
    },
    end() {
      if (rest) line(rest)
      rest = ""
    },
  }
}

/** A command on one line. */
export const brief = (args: string[]): string => {
  const text = args.join(" ").replace(/\s+/g, " ")
  return text.length > 100 ? `${text.slice(0, 99)}…` : text
}
