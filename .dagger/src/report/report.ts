import { z } from "zod"

import { Availability, Baseline } from "../monitor/availability.js"
import { SchemaTrial } from "../schema/verdict.js"
import type { DeepReadonly } from "../util/readonly.js"
import { Skew } from "../verify/image/next-build.js"

/** How long one pod took from being scheduled to being ready. */
const PodStart = z.object({
  deployment: z.string(),
  pod: z.string(),
  seconds: z.number().describe("Seconds from scheduled to ready"),
  pulling: z.number().describe("Of these, seconds spent on pulling images"),
  margin: z
    .number()
    .default(0)
    .describe("Of these, seconds by which it may have been shorter: a probe's period, and dates in whole seconds"),
})

/** The moment at which a pod came or went. */
const PodChange = z.object({
  at: z.string().describe("ISO 8601"),
  application: z.string(),
  pod: z.string(),
  change: z.enum(["ready", "gone"]),
})

/** An object that was taken over from others. */
const TakenOver = z.object({
  object: z.string(),
  owner: z.string().optional().describe("The Helm release, or the name of another config, that it belonged to"),
  managers: z.array(z.string()).describe("Whose fields on it are the module's now"),
})

const date = z.string().describe("ISO 8601")

/** Moments by the cluster's clock. A state that this version does not know must not fail an earlier one: so steps are texts. */
const DeploymentTimeline = z.object({
  steps: z
    .array(z.object({ step: z.string(), at: date }))
    .describe("Steps that began: migrate, rollout, switch, verify, rollback"),
  migrations: z
    .array(z.object({ name: z.string(), from: date, to: date.optional() }))
    .describe("Those that ran; without an end, one that did not complete"),
  switches: z
    .array(
      z.object({
        service: z.string(),
        to: z.string().describe("The Deployments whose pods it selects from then on"),
        decided: date.describe("When it was decided"),
        at: date.describe("When the API server had taken it"),
      }),
    )
    .optional()
    .describe("Services that were switched from one slot to the other (blue-green); absent where none was"),
  pods: z
    .array(
      z.object({
        workload: z.string().describe("As kubectl calls it: statefulset/queue; of a Deployment, its name alone"),
        pod: z.string(),
        created: date.optional(),
        scheduled: date.optional(),
        started: date.optional().describe("The first of its containers ran"),
        ready: date.optional(),
        terminating: date.optional().describe("It was asked to end"),
        gone: date.optional(),
      }),
    )
    .describe("Of the workloads of the release, those that ran before included; the first two hundred"),
  omitted: z.number().optional().describe("Further pods; absent where there is none"),
  until: date.optional().describe("The last look at the pods"),
})

/** The form of a report. */
export const SCHEMA_VERSION = 1

const Shape = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION).describe("Version of this form"),
  id: z.string().describe("Names the deployment; sorts by time"),
  kind: z.enum(["deploy", "rollback"]),
  outcome: z.enum(["succeeded", "failed"]),
  startedAt: z.string().describe("ISO 8601"),
  endedAt: z.string().describe("ISO 8601; of a deployment that failed, after its rollback"),
  name: z.string().describe("Name of the config"),
  namespace: z.string(),
  publicUrl: z.string(),
  images: z.record(z.string(), z.string()).describe("References by digest, by application"),
  untested: z
    .record(z.string(), z.string())
    .optional()
    .describe("Applications without tests on purpose, with the reason; absent where there is none"),
  skew: z
    .array(Skew)
    .optional()
    .describe(
      "What open pages of the frontend's build that ran run into on this one: Server Actions that are gone, with another key or the same one, or an id that both have; absent where there is nothing",
    ),
  takenOver: z
    .array(TakenOver)
    .optional()
    .describe("Objects that were taken over from others, or of which fields were; absent where there is none"),
  migrations: z.array(z.object({ name: z.string(), outcome: z.enum(["ran", "had-run"]) })),
  schemaTrial: SchemaTrial.optional().describe(
    "What was found out about the migrations in containers, before they ran: no rows where they are those of the release that ran; absent where there is none, of a rollback, and on an ephemeral cluster",
  ),
  crossed: z
    .object({
      migrations: z.array(z.string()),
      verdict: z.enum(["passed", "failed", "not-checked"]).describe("In containers, before these migrations ran"),
      reason: z.string(),
    })
    .optional()
    .describe(
      "Of a rollback: migrations that ran since the release that it goes back to, and stay, and whether that release works on their schema; absent where there is none",
    ),
  changed: z.boolean().describe("Whether anything of it that makes pods was applied"),
  failure: z
    .object({
      code: z.string(),
      kind: z.string().optional().describe("What kind of it: CrashLoop, ImageNotFound …"),
      what: z.string(),
      evidence: z
        .string()
        .optional()
        .describe("What it was seen by, such as states and logs; absent where `why` says it all"),
      why: z.string(),
      fix: z.string(),
    })
    .optional()
    .describe("Why it failed; absent where it did not"),
  recovery: z
    .object({
      action: z.enum(["rolled-back", "removed", "kept", "kept-new", "left", "withdrawn", "none"]),
      to: z.string().optional(),
      left: z
        .array(z.string())
        .optional()
        .describe("Objects that were there before, and not this module's: they stay as the deployment made them"),
      changedByOthers: z
        .array(z.string())
        .optional()
        .describe("Workloads that somebody else changed during the deployment: they stay as they are"),
      problem: z.string().optional(),
    })
    .optional()
    .describe("How the failure was undone; `problem` says why it could not be"),
  leftovers: z
    .array(z.string())
    .optional()
    .describe(
      "What no release needs any more and could not be deleted, as kubectl says it; absent where there is none",
    ),
  keptUntil: z
    .string()
    .optional()
    .describe("ISO 8601; until then the pods that ran before stay beside it (blue-green); absent where none do"),
  starts: z.array(PodStart).describe("Of the pods that came with this deployment"),
  startLimit: z
    .number()
    .describe("Seconds that the average start of an application's pods has to stay below, less `pulling` and `margin`"),
  pods: z.array(PodChange),
  timeline: DeploymentTimeline.optional().describe(
    "What the picture shows beside the requests; absent in reports of earlier versions, and of a deployment that was killed",
  ),
  unchanged: z
    .literal(true)
    .optional()
    .describe(
      "Nothing of the release had changed and all of it was running: nothing was applied, and no request was sent; absent otherwise",
    ),
  baseline: z
    .enum([...Baseline.options, "not-checked"])
    .describe("How the application answered before: new where there was none, not-checked where nothing was asked"),
  broken: z.array(z.string()).describe("The monitor's requests that failed before"),
  availability: Availability.optional().describe("The monitor's requests; absent if it sent none"),
  handshake: z.array(z.object({ step: z.string(), problem: z.string() })),
})

/** The result of a deployment: report.json. Earlier reports are read as well. */
export const Report = z.preprocess(upgrade, Shape)
export type Report = DeepReadonly<z.infer<typeof Report>>

/** Before it had a version, a report had these states in prose. */
const CODES = new Map<unknown, string>([
  ["had run", "had-run"],
  ["rolled back", "rolled-back"],
])

function upgrade(value: unknown): unknown {
  const Unversioned = z.looseObject({
    schemaVersion: z.undefined().optional(),
    migrations: z.array(z.looseObject({ outcome: z.unknown() })),
    recovery: z.looseObject({ action: z.unknown() }).optional(),
  })
  const { data: report } = Unversioned.safeParse(value)
  if (!report) return value
  const codeOf = (state: unknown) => CODES.get(state) ?? state
  return {
    ...report,
    schemaVersion: SCHEMA_VERSION,
    migrations: report.migrations.map(migration => ({ ...migration, outcome: codeOf(migration.outcome) })),
    recovery: report.recovery && { ...report.recovery, action: codeOf(report.recovery.action) },
  }
}
