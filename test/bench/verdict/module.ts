import { commandOf, ROOT } from "../../e2e/dagger.ts"
import type { Namespace } from "../../faults/namespace.ts"
import type { Lab } from "../../lab/lab.ts"
import { monitorOf, readReports } from "../reports.ts"
import { timed } from "./timed.ts"
import type { Answer, Release, Tool } from "./tool.ts"

/** Seconds after which a call of the module hangs. */
const HANGING = 600

/** This module, as its users call it. */
export class CloudNative implements Tool {
  readonly name = "module"
  readonly label = "this module: dagger call deploy"
  readonly goesBack = true

  constructor(private readonly lab: Lab) {}

  deploy({ namespace, source }: Release): Promise<Answer> {
    return this.call(namespace, source.path, "deploy", `--registry=${this.lab.registry}/bench`, "--timeout=2m")
  }

  back({ namespace, source }: Release): Promise<Answer> {
    return this.call(namespace, source.path, "rollback")
  }

  private async call(namespace: Namespace, source: string, name: string, ...flags: string[]): Promise<Answer> {
    const cluster = [`--kubeconfig=file:${this.lab.kubeconfig}`, `--namespace=${namespace.name}`]
    const ended = await timed(commandOf(`--source=${source}`, name, ...cluster, ...flags), { cwd: ROOT, cap: HANGING })
    const isSuccess = ended.exitCode === 0
    const report = isSuccess ? (await readReports(namespace)).at(-1) : undefined
    return {
      isSuccess,
      isCapped: ended.capped,
      verdictAt: ended.first(": failed: ") ?? ended.endedAt,
      endedAt: ended.endedAt,
      said: ended.stdout + ended.stderr,
      stepAt: ended.last("| push: "),
      monitor: report && monitorOf(report),
    }
  }
}
