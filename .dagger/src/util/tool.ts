import { Container, ReturnType } from "@dagger.io/dagger"

import { CloudNativeError } from "./errors.js"
import { uniqueValue } from "./unique.js"

/** Seconds that a tool may look into one image. */
const TIMEOUT = 600

export interface ToolRun {
  /** The container that it left. */
  container: Container
  exitCode: number
  stdout: string
  stderr: string
}

export interface ToolOptions {
  /** What the tool is called where it does not end. */
  name: string
  /** Exit codes of a tool that has done its work. Default: 0 alone. */
  done?: number[]
  useEntrypoint?: boolean
  insecureRootCapabilities?: boolean
  /** Seconds that it may take. */
  timeout?: number
  /** What to do where it does not end. */
  fix?: string
}

/** Run a tool, whatever comes of it, within its time. A failure is never taken from the cache: one that had a passing reason would last for ever. */
export async function runTool(container: Container, args: string[], options: ToolOptions): Promise<ToolRun> {
  const run = await runOnce(container, args, options)
  return (options.done ?? [0]).includes(run.exitCode)
    ? run
    : runOnce(container.withEnvVariable("CLOUD_NATIVE_RERUN", uniqueValue()), args, options)
}

async function runOnce(
  container: Container,
  args: string[],
  { name, useEntrypoint, insecureRootCapabilities, timeout, fix }: ToolOptions,
): Promise<ToolRun> {
  const ran = container.withExec(args, { useEntrypoint, insecureRootCapabilities, expect: ReturnType.Any })
  const [exitCode, stdout, stderr] = await within(
    Promise.all([ran.exitCode(), ran.stdout(), ran.stderr()]),
    name,
    timeout,
    fix,
  )
  return { container: ran, exitCode, stdout, stderr }
}

/** The work of a tool, if it ends in time. */
export async function within<T>(
  work: Promise<T>,
  name: string,
  seconds = TIMEOUT,
  fix = "see what it waits for, and try again",
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut(name, seconds, fix)), seconds * 1000)
  })
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer))
}

function timedOut(name: string, seconds: number, fix: string): CloudNativeError {
  return new CloudNativeError({
    code: "TIMED_OUT",
    blame: "environment",
    what: `${name} did not end`,
    why: `it was waited for ${seconds} s`,
    fix,
  })
}
