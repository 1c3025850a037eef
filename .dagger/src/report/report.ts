import { z } from "zod"

import { Availability } from "../monitor/availability.js"

/** How long one pod took from being scheduled to being ready. */
const PodStart = z.object({
  deployment: z.string(),
  pod: z.string(),
  /** Seconds from scheduled to ready. */
  seconds: z.number(),
  /** Of these, seconds spent on pulling images. */
  pulling: z.number(),
})

/** The moment at which a pod came or went. */
const PodChange = z.object({
  /** ISO 8601. */
  at: z.string(),
  application: z.string(),
  pod: z.string(),
  change: z.enum(["ready", "gone"]),
})

/** What a deployment came to: report.json. */
export const Report = z.object({
  /** Names the deployment; sorts by time. */
  id: z.string(),
  kind: z.enum(["deploy", "rollback"]),
  outcome: z.enum(["succeeded", "failed"]),
  /** ISO 8601. */
  startedAt: z.string(),
  /** ISO 8601; of a deployment that failed, after its rollback. */
  endedAt: z.string(),
  /** Name of the config. */
  name: z.string(),
  namespace: z.string(),
  publicUrl: z.string(),
  /** References by digest, by application. */
  images: z.record(z.string(), z.string()),
  migrations: z.array(z.object({ name: z.string(), outcome: z.enum(["ran", "had run"]) })),
  /** Whether anything of it that makes pods was applied. */
  changed: z.boolean(),
  /** Why it failed; absent where it did not. */
  failure: z.object({ code: z.string(), what: z.string(), why: z.string(), fix: z.string() }).optional(),
  /** How the failure was undone; `problem` says why it could not be. */
  recovery: z
    .object({ action: z.enum(["rolled back", "removed", "kept", "none"]), to: z.string().optional(), problem: z.string().optional() })
    .optional(),
  starts: z.array(PodStart),
  /** Seconds that the average start of an application's pods has to stay below. */
  startLimit: z.number(),
  pods: z.array(PodChange),
  /** How the application answered before: new where there was none. */
  baseline: z.enum(["healthy", "broken", "new"]),
  /** The monitor's requests that failed before. */
  broken: z.array(z.string()),
  /** What became of the monitor's requests; absent where it sent none. */
  availability: Availability.optional(),
  handshake: z.array(z.object({ step: z.string(), problem: z.string() })),
})
export type Report = z.infer<typeof Report>
