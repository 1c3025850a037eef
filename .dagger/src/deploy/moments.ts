import type { Workload } from "../manifests/render.js"
import type { Step } from "../release/history.js"
import type { Report } from "../report/report.js"
import { PodRecorder } from "../status/pod-moments.js"
import type { Snapshot } from "../status/snapshot.js"

type Timeline = NonNullable<Report["timeline"]>

/** When a deployment, its rollback included, reached what; all in milliseconds since 1970, by the cluster's clock. */
export class Moments {
  private readonly steps: { step: Step; at: number }[] = []
  private readonly migrations: { name: string; from: number; to?: number }[] = []
  private readonly switches: Timeline["switches"] & object[] = []
  private readonly pods = new PodRecorder()
  /** Of workloads that are no part of the release. */
  private others: Workload[] = []
  private until?: number

  enterStep(step: Step, at: number): void {
    this.steps.push({ step, at })
  }

  /** A migration begins; the answer is to be called once it has completed. */
  beginMigration(name: string, from: number): (to: number) => void {
    const migration: (typeof this.migrations)[number] = { name, from }
    this.migrations.push(migration)
    return to => (migration.to = to)
  }

  /** Users are led to other pods: from the decision until the API server had it. */
  addSwitch(service: string, to: string, decided: number, at: number): void {
    this.switches.push({ service, to, decided: iso(decided), at: iso(at) })
  }

  /** Look at the pods of these too. */
  include(workloads: Workload[]): void {
    this.others = workloads
  }

  look(workloads: Workload[], snapshot: Snapshot, now: number): void {
    this.pods.record([...workloads, ...this.others], snapshot, now)
    this.until = now
  }

  get timeline(): Timeline {
    return {
      steps: this.steps.map(({ step, at }) => ({ step, at: iso(at) })),
      migrations: this.migrations.map(({ name, from, to }) => ({
        name,
        from: iso(from),
        ...(to !== undefined && { to: iso(to) }),
      })),
      ...(this.switches.length > 0 && { switches: [...this.switches] }),
      pods: this.pods.all,
      ...(this.pods.omitted > 0 && { omitted: this.pods.omitted }),
      ...(this.until !== undefined && { until: iso(this.until) }),
    }
  }
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
