import { spawn } from "node:child_process"

/** A program that has ended, with the moments (in milliseconds since 1970) at which it wrote to stderr. */
export interface Timed {
  exitCode: number
  /** Whether it was ended since it took too long. */
  capped: boolean
  stdout: string
  stderr: string
  begunAt: number
  endedAt: number
  /** When it wrote a line with a text for the first time, and for the last. */
  first(text: string): number | undefined
  last(text: string): number | undefined
}

export interface TimedOptions {
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Seconds after which it is ended. */
  cap: number
  signal?: AbortSignal
}

export function timed([program = "", ...args]: string[], { env, cwd, cap, signal }: TimedOptions): Promise<Timed> {
  const begunAt = Date.now()
  const child = spawn(program, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] })
  const chunks: { at: number; text: string }[] = []
  let stdout = ""
  let capped = false
  const end = () => child.kill("SIGKILL")
  const timer = setTimeout(() => ((capped = true), end()), cap * 1000)
  signal?.addEventListener("abort", end)
  child.stdout.on("data", data => (stdout += data))
  child.stderr.on("data", data => chunks.push({ at: Date.now(), text: String(data) }))
  return new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("close", code => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", end)
      const lines = linesOf(chunks)
      const said = (text: string) => lines.filter(line => line.text.includes(text)).map(({ at }) => at)
      resolve({
        exitCode: code ?? 1,
        capped,
        stdout,
        stderr: chunks.map(({ text }) => text).join(""),
        begunAt,
        endedAt: Date.now(),
        first: text => said(text)[0],
        last: text => said(text).at(-1),
      })
    })
  })
}

/** Whole lines, each with the moment at which its end came. */
export function linesOf(chunks: { at: number; text: string }[]): { at: number; text: string }[] {
  let rest = ""
  const lines = chunks.flatMap(({ at, text }) => {
    const parts = (rest + text).split("\n")
    rest = parts.pop()!
    return parts.map(part => ({ at, text: part }))
  })
  return rest ? [...lines, { at: chunks.at(-1)!.at, text: rest }] : lines
}
