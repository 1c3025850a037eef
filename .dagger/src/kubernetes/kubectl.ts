import { setTimeout as sleep } from "node:timers/promises"

import { Container, dag, Service } from "@dagger.io/dagger"

import { CloudNativeError } from "../util/errors.js"
import { runTool } from "../util/tool.js"
import { uniqueValue } from "../util/unique.js"
import { Api } from "./api.js"
import { isTransient } from "./retry.js"

const SECRET_FILE = "/run/secrets/manifest.json"

export interface Answer {
  exitCode: number
  stdout: string
  stderr: string
}

/** kubectl in a container, on one namespace of one cluster. No answer ever comes from a cache. */
export class Kubectl {
  /** The API server's name for the kubeconfig's user. */
  user = "somebody"
  private connection?: Promise<Api>

  constructor(
    private readonly container: Container,
    /** Flags of every call: how the server is reached. */
    private readonly flags: string[],
    readonly namespace: string,
  ) {}

  /** The connection that reads go over, opened with the first of them. */
  api(): Promise<Api> {
    return (this.connection ??= Api.open(this))
  }

  /** End the connection. Without one, nothing happens. */
  async close(): Promise<void> {
    const connection = this.connection
    this.connection = undefined
    await (await connection?.catch(() => undefined))?.close()
  }

  /** Run kubectl once; an exit code other than 0 is the caller's to judge. */
  run(args: string[], stdin?: string): Promise<Answer> {
    return this.execute(this.container, args, stdin)
  }

  /** Run what may be run twice: an API server that is away for a moment is waited for. */
  persist(args: string[], stdin?: string): Promise<Answer> {
    return persistently(() => this.run(args, stdin))
  }

  /** Run what may be run twice, and throw unless it succeeds. */
  async must(args: string[], stdin?: string): Promise<string> {
    return succeeded(args, await this.persist(args, stdin))
  }

  /** kubectl as a service that answers on a port for as long as it runs. */
  serve(args: string[], port: number): Service {
    return this.container.withExposedPort(port).asService({ args: ["kubectl", ...this.flags, ...args] })
  }

  /** Apply manifests that hold no secrets. */
  async apply(manifests: object[]): Promise<void> {
    if (manifests.length > 0) await this.must([...APPLY, "--filename=-"], list(manifests))
  }

  /** Apply manifests that hold secrets: they reach kubectl as a mounted secret, never as input that is kept or shown. */
  async applySecret(manifests: object[]): Promise<void> {
    if (manifests.length === 0) return
    const file = dag.setSecret(`manifests-${uniqueValue()}`, list(manifests))
    const args = [...APPLY, `--filename=${SECRET_FILE}`]
    succeeded(args, await persistently(() => this.execute(this.container.withMountedSecret(SECRET_FILE, file), args)))
  }

  /** Milliseconds since 1970 by the cluster's clock, which ages are computed with. */
  async now(): Promise<number> {
    return (await this.api()).now()
  }

  private async execute(container: Container, args: string[], stdin?: string): Promise<Answer> {
    return runTool(container, ["kubectl", ...this.flags, `--namespace=${this.namespace}`, REQUEST_TIMEOUT, ...args], {
      name: `kubectl ${args[0]}`,
      stdin,
      uncached: true,
    })
  }
}

/** Do some work, and end the connection that it has opened. */
export async function closing<T>(kubectl: Pick<Kubectl, "close">, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    await kubectl.close()
  }
}

/** An API server that hangs must not take longer than one that refuses. A call that waits on purpose says for how long. */
const REQUEST_TIMEOUT = "--request-timeout=10s"
/** Milliseconds for which an API server may be away: one that is restarted takes half a minute. */
const PATIENCE = 60_000

async function persistently(attempt: () => Promise<Answer>): Promise<Answer> {
  const begun = Date.now()
  for (let tries = 1; ; tries++) {
    const answer = await attempt()
    if (answer.exitCode === 0 || !isTransient(answer.stderr) || Date.now() - begun > PATIENCE) return answer
    if (tries === 1) console.log(`waiting: the API server does not answer: ${answer.stderr.trim().split("\n").at(-1)}`)
    await sleep(1000)
  }
}

/** What this module's changes are signed with. */
export const FIELD_MANAGER = "cloud-native"
/** Apply on the server side, as the module's own field manager. */
export const APPLY = ["apply", "--server-side", `--field-manager=${FIELD_MANAGER}`, "--force-conflicts"]

/** Manifests as kubectl reads them from its input. */
export function list(items: object[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items })
}

/** What kubectl printed; throws unless it succeeded. */
export function succeeded(args: string[], answer: Answer): string {
  if (answer.exitCode === 0) return answer.stdout
  throw new CloudNativeError({
    code: "KUBECTL_FAILED",
    blame: "environment",
    what: `kubectl ${args[0]} failed with exit code ${answer.exitCode}`,
    why: answer.stderr.trim(),
    fix: "fix what kubectl names above",
  })
}
