import { join } from "node:path"

import { writeChart } from "../manifests.ts"
import { withDeadline } from "./cases.ts"
import { Session } from "./session.ts"
import type { Answer, Peers, Release, Tool } from "./tool.ts"

/** Helm with its own rollback: by default, or with a deadline. Migrations are hooks. */
export class Helm implements Tool {
  readonly name: string
  readonly label: string
  readonly goesBack = true
  private readonly flags: string[]

  constructor(
    private readonly program: string,
    private readonly peers: Peers,
    private readonly deadline?: number,
  ) {
    this.name = deadline ? `helm-${deadline}s` : "helm"
    this.flags = ["--rollback-on-failure", "--wait", ...(deadline ? [`--timeout=${deadline}s`] : [])]
    this.label = `helm upgrade ${this.flags.join(" ")}${deadline ? `; progressDeadlineSeconds and activeDeadlineSeconds of ${deadline} s` : ""}`
  }

  deploy({ namespace, manifests }: Release): Promise<Answer> {
    const chart = join(this.peers.folder, namespace.name)
    writeChart(chart, this.deadline ? withDeadline(manifests, this.deadline) : manifests)
    return this.call(["upgrade", "bench", chart, `--namespace=${namespace.name}`, "--install", ...this.flags])
  }

  back({ namespace }: Release): Promise<Answer> {
    return this.call(["rollback", "bench", `--namespace=${namespace.name}`, ...this.flags.slice(1)])
  }

  private async call(args: string[]): Promise<Answer> {
    const session = new Session(this.peers)
    const ended = await session.timed([this.program, ...args])
    // It says so before it rolls back.
    if (ended.exitCode !== 0) session.fail(ended.first('msg="upgrade failed"') ?? ended.endedAt)
    return session.answer()
  }
}
