import { spawn } from "node:child_process"
import { join } from "node:path"

export const ROOT = join(import.meta.dirname, "../..")
/** The CLI under test: a real one where DAGGER names it, else the embedded engine's. */
const DAGGER = process.env.DAGGER ?? join(ROOT, "test/engine/dagger")

export interface Ended {
  exitCode: number
  stdout: string
  stderr: string
}

/** Call the module of this repository, as a user does. */
export function dagger(...args: string[]): Promise<Ended> {
  return daggerIn(ROOT, ...args)
}

/** The same in another folder: a changeset goes there. */
export function daggerIn(cwd: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(DAGGER, ["--progress=plain", "call", ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] })
    const ended: Ended = { exitCode: -1, stdout: "", stderr: "" }
    child.stdout.on("data", data => (ended.stdout += data))
    child.stderr.on("data", data => (ended.stderr += data))
    child.on("error", reject)
    child.on("close", code => resolve({ ...ended, exitCode: code ?? -1 }))
  })
}
