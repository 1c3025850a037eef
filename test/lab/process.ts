import { spawn } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"

export type Result = { exitCode: number; stdout: string; stderr: string }
export type RunOptions = { input?: string; env?: NodeJS.ProcessEnv; cwd?: string; check?: boolean }

/** Runs a program to its end. Unless `check` is false, an exit code other than 0 is thrown with the program's last words. */
export async function run(argv: string[], { input, env, cwd, check = true }: RunOptions = {}): Promise<Result> {
  const [program = "", ...args] = argv
  const child = spawn(program, args, { env, cwd, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout?.on("data", chunk => stdout.push(chunk))
  child.stderr?.on("data", chunk => stderr.push(chunk))
  // A program that ends without reading its input is judged by its exit code.
  child.stdin?.on("error", () => {})
  child.stdin?.end(input)
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => resolve(code ?? (signal ? 137 : 1)))
  })
  const result = { exitCode, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
  if (check && exitCode !== 0) throw new CommandFailed(argv, result)
  return result
}

export class CommandFailed extends Error {
  constructor(
    argv: string[],
    readonly result: Result,
  ) {
    const lastWords = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-20).join("\n")
    super(
      `${argv.slice(0, 6).join(" ")}${argv.length > 6 ? " …" : ""} failed with exit code ${result.exitCode}: ${lastWords}`,
    )
    this.name = "CommandFailed"
  }
}

export function isInstalled(program: string): boolean {
  return [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"].some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
