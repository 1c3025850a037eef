import { type Timed, timed } from "./timed.ts"
import type { Answer, Peers } from "./tool.ts"

/** The programs that a call of a tool consists of, one after another, all of them within the cap. */
export class Session {
  private readonly begunAt = Date.now()
  private readonly ended: Timed[] = []
  private verdictAt?: number
  private isSuccess = true

  constructor(private readonly peers: Peers) {}

  /** Run a program; whether it succeeded. */
  async run(argv: string[], signal?: AbortSignal): Promise<boolean> {
    return (await this.timed(argv, signal)).exitCode === 0
  }

  async timed(argv: string[], signal?: AbortSignal): Promise<Timed> {
    const left = Math.max(1, this.peers.cap - (Date.now() - this.begunAt) / 1000)
    const ended = await timed(argv, { env: this.peers.env, cap: left, signal })
    this.ended.push(ended)
    return ended
  }

  /** The verdict is that the release fails; what follows is the rollback. */
  fail(at = Date.now()): void {
    this.isSuccess = false
    this.verdictAt = at
  }

  answer(): Answer {
    const endedAt = Date.now()
    return {
      isSuccess: this.isSuccess,
      isCapped: this.ended.some(({ capped }) => capped),
      verdictAt: this.verdictAt ?? endedAt,
      endedAt,
      said: this.ended.map(({ stdout, stderr }) => stdout + stderr).join(""),
    }
  }
}
