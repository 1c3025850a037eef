import { applicationsOf } from "../config/applications.js"
import type { AvailabilityGuard } from "../monitor/availability-guard.js"
import { type Report, SCHEMA_VERSION } from "../report/report.js"
import type { PodChange } from "../status/timeline.js"
import type { CloudNativeError } from "../util/errors.js"
import type { Skew } from "../verify/image/next-build.js"
import type { RolloutTask } from "./task.js"

/** The applications that the config lets go without tests, each with its reason. */
function untestedOf(config: RolloutTask["config"]): Pick<Report, "untested"> {
  const reasons = Object.entries(applicationsOf(config)).flatMap(([name, { test }]) =>
    test.none === undefined ? [] : [[name, test.none]],
  )
  return reasons.length > 0 ? { untested: Object.fromEntries(reasons) as Record<string, string> } : {}
}

/** The only writer of a report: it takes what a deployment finds out, one fact a method. */
export class ReportBuilder {
  private constructor(private current: Report) {}

  /** A report in which nothing has happened yet. */
  static begin(
    id: string,
    {
      kubectl,
      config,
      recorded,
      schema,
      isRollback,
    }: Pick<RolloutTask, "kubectl" | "config" | "recorded" | "schema" | "isRollback">,
  ): ReportBuilder {
    const now = new Date().toISOString()
    const report: Report = {
      schemaVersion: SCHEMA_VERSION,
      id,
      kind: isRollback ? "rollback" : "deploy",
      outcome: "failed",
      startedAt: now,
      endedAt: now,
      name: config.name,
      namespace: kubectl.namespace,
      publicUrl: recorded.publicUrl,
      images: recorded.images,
      ...untestedOf(config),
      ...schema,
      migrations: [],
      changed: false,
      starts: [],
      startLimit: config.limits.startup,
      pods: [],
      baseline: "new",
      broken: [],
      handshake: [],
    }
    return new ReportBuilder(Object.freeze(report))
  }

  /** The report so far; it does not change with what is found out later. */
  get report(): Report {
    return this.current
  }

  setBaseline({ baseline, broken }: Pick<Report, "baseline"> & Pick<AvailabilityGuard, "broken">): void {
    this.set({ baseline, broken })
  }

  /** Nothing is done; the migrations have run, since the same release has succeeded. */
  setUnchanged(migrations: string[]): void {
    this.set({
      unchanged: true,
      schemaTrial: undefined,
      baseline: "not-checked",
      migrations: migrations.map(name => ({ name, outcome: "had-run" })),
    })
  }

  /** What open pages run into; a report without any has no such list. */
  setSkew(skew: Skew[]): void {
    if (skew.length > 0) this.set({ skew })
  }

  /** What was somebody else's; a report without any has no such list. */
  setTakenOver(takenOver: NonNullable<Report["takenOver"]>): void {
    if (takenOver.length > 0) this.set({ takenOver })
  }

  readonly addMigration = (migration: Report["migrations"][number]): void => {
    this.setMigrations([...this.current.migrations, migration])
  }

  setMigrations(migrations: Report["migrations"]): void {
    this.set({ migrations })
  }

  setChanged(changed: boolean): void {
    this.set({ changed })
  }

  readonly addPodChange = (change: PodChange): void => {
    this.set({ pods: [...this.current.pods, change] })
  }

  setTimeline(timeline: Report["timeline"]): void {
    this.set({ timeline })
  }

  setStarts(starts: Report["starts"]): void {
    this.set({ starts })
  }

  setHandshake(handshake: Report["handshake"]): void {
    this.set({ handshake })
  }

  setAvailability(availability: Report["availability"]): void {
    this.set({ availability })
  }

  setFailure({ code, kind, what, evidence, why, fix }: CloudNativeError): void {
    this.set({ failure: { code, kind, what, evidence, why, fix } })
  }

  setRecovery(recovery: Report["recovery"]): void {
    this.set({ recovery })
  }

  /** Until when what ran before stays, in ISO 8601. */
  setKept(keptUntil: string): void {
    this.set({ keptUntil })
  }

  /** What could not be deleted; a report without any has no such list. */
  setLeftovers(leftovers: string[]): void {
    if (leftovers.length > 0) this.set({ leftovers })
  }

  end(outcome: Report["outcome"]): void {
    this.set({ outcome, endedAt: new Date().toISOString() })
  }

  /** Frozen, since the compiler lets Object.assign write to what is read-only. */
  private set(found: Partial<Report>): void {
    this.current = Object.freeze({ ...this.current, ...found })
  }
}
