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

/** A call that is under way. */
export interface Call {
  ended: Promise<Ended>
  /** Resolves with the moment (in milliseconds since 1970) at which the call has written a text to stderr. */
  said(text: string): Promise<number>
  /** Ends it as a runner that is lost does. */
  kill(): void
}

/** Call the module of this repository, as a user does. */
export function dagger(...args: string[]): Promise<Ended> {
  return callIn(ROOT, settingsFirst(args)).ended
}

/** The same in another folder: a changeset goes there. */
export function daggerIn(cwd: string, ...args: string[]): Promise<Ended> {
  return callIn(cwd, args).ended
}

/** Run the module's checks in another folder. */
export function checkIn(cwd: string, ...args: string[]): Promise<Ended> {
  return callIn(cwd, args, "check").ended
}

/** A call, to be looked at while it works. */
export function call(...args: string[]): Call {
  return callIn(ROOT, settingsFirst(args))
}

const SETTINGS =
  /^--(source|config|registry|username|password|registry-service|signing-key|signing-password|scanner|kubeconfig|context|namespace|api-server|manifests|overlay|secrets|build-secrets|public-url|timeout)=|^--create-pull-secret$/

/** On the command line, settings stand before the first function; a test names them beside what they are for. */
function settingsFirst(args: string[]): string[] {
  return [...args.filter(arg => SETTINGS.test(arg)), ...args.filter(arg => !SETTINGS.test(arg))]
}

/** The command line of a call of the module. */
export function commandOf(...args: string[]): string[] {
  return [DAGGER, "--progress=plain", "call", ...settingsFirst(args)]
}

function callIn(cwd: string, args: string[], verb = "call"): Call {
  const child = spawn(DAGGER, ["--progress=plain", verb, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] })
  const ended: Ended = { exitCode: -1, stdout: "", stderr: "" }
  child.stdout.on("data", data => (ended.stdout += data))
  child.stderr.on("data", data => (ended.stderr += data))
  return {
    ended: new Promise((resolve, reject) => {
      child.on("error", reject)
      child.on("close", code => resolve({ ...ended, exitCode: code ?? -1 }))
    }),
    said: text =>
      new Promise((resolve, reject) => {
        const look = () => ended.stderr.includes(text) && resolve(Date.now())
        child.stderr.on("data", look)
        child.on("close", () => reject(new Error(`the call ended without having said "${text}":\n${ended.stderr}`)))
        look()
      }),
    kill: () => void child.kill("SIGKILL"),
  }
}

/** What a call that failed says last. */
export function errorOf({ stderr }: Ended): string {
  return stderr.slice(stderr.search(/^Error: [A-Z_]+:/m))
}
