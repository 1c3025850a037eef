import { Container, ReturnType } from "@dagger.io/dagger"

import { quietly } from "./quietly.js"
import { uniqueValue } from "./unique.js"
import { within } from "./within.js"

export interface ToolRun {
  /** The container after the run. */
  container: Container
  exitCode: number
  stdout: string
  stderr: string
}

export interface ToolOptions {
  /** Name of the tool in a time-out's error. */
  name: string
  /** Exit codes with which the tool has done its work. Default: 0 alone. */
  done?: number[]
  /** Whether the answer may change from call to call: then none is cached. Default: the cache answers for the same input. */
  uncached?: boolean
  stdin?: string
  useEntrypoint?: boolean
  insecureRootCapabilities?: boolean
  /** Seconds that it may take. */
  timeout?: number
  /** What to do after a time-out. */
  fix?: string
}

/** Run a tool within its time; its exit code is the caller's to judge. A failure is never taken from the cache, where one with a passing cause would stay for ever. */
export async function runTool(container: Container, args: string[], options: ToolOptions): Promise<ToolRun> {
  const anew = () => runOnce(container.withEnvVariable("CLOUD_NATIVE_CALL", uniqueValue()), args, options)
  if (options.uncached) return anew()
  const run = await runOnce(container, args, options)
  return (options.done ?? [0]).includes(run.exitCode) ? run : anew()
}

async function runOnce(
  container: Container,
  args: string[],
  { name, stdin, useEntrypoint, insecureRootCapabilities, timeout, fix }: ToolOptions,
): Promise<ToolRun> {
  const ran = container.withExec(args, { stdin, useEntrypoint, insecureRootCapabilities, expect: ReturnType.Any })
  const [exitCode, stdout, stderr] = await quietly(name, () =>
    within(() => Promise.all([ran.exitCode(), ran.stdout(), ran.stderr()]), name, timeout, fix),
  )
  return { container: ran, exitCode, stdout, stderr }
}
