import { z } from "zod"

const seconds = z.number().nonnegative()

const Requests = z.object({
  sent: z
    .number()
    .describe("Requests for the frontend, five a second from the start of the call until the end of the observation"),
  failed: z.number().describe("Those that were not answered with status 200 within 2 s"),
})
export type Requests = z.infer<typeof Requests>

/** One call of a tool. Seconds count from when the cluster first showed the new spec; where it never did, from the start of the call. */
const Measurement = z.object({
  outcome: z
    .enum(["failed", "refused", "succeeded", "missed", "capped"])
    .describe(
      "failed: it said that the release fails; refused: it failed, and the cluster never showed the new spec; succeeded: it reported success; " +
        "missed: it failed, and did not name the cause (this module only); capped: it was still waiting at the cap",
    ),
  seen: seconds
    .optional()
    .describe("From the start of the call until the cluster first showed the new spec; absent if it never did"),
  verdict: seconds.describe("To the tool's verdict: the line that says it, or the end of the call"),
  cause: z.number().optional().describe("To the cause, as the cluster dates it; absent if it shows none"),
  whole: seconds
    .optional()
    .describe(
      "Until the previous version's pods were all ready, and no others there; 0 if they were never others; absent if they were not within 30 s of the call's end",
    ),
  call: seconds.describe("The whole call, from its start to its end"),
  step: seconds.optional().describe("The step deploy alone, after the push (this module only)"),
  monitor: seconds
    .optional()
    .describe("Of the step: what the monitor takes before the first change and after the last (this module only)"),
  requests: Requests,
})
export type Measurement = z.infer<typeof Measurement>

const Tool = z.object({
  name: z.string(),
  label: z.string().describe("What it is, with its flags"),
  unmeasured: z.string().optional().describe("Why it was not measured"),
})
export type Tool = z.infer<typeof Tool>

const Case = z.object({
  name: z.string().describe("Folder of test/faults, or a change, and the kind of the workload that it is in"),
  kind: z
    .enum(["fault", "control", "change"])
    .describe(
      "fault: has to be found; control: a good release that starts badly, has to succeed; change: a good release",
    ),
  family: z.number().optional(),
  rounds: z
    .record(z.string(), z.array(Measurement))
    .describe("By tool, a measurement for each round; one where the first was capped"),
})
export type Case = z.infer<typeof Case>

const Verdict = z.object({
  rounds: z.number(),
  cap: seconds.describe("After these a tool that still waits is no longer waited for"),
  tools: z.array(Tool),
  cases: z.array(Case),
  missed: z
    .record(z.string(), z.string())
    .describe("Limits that are known to be exceeded, as `case: limit`, each with the reason"),
})
export type Verdict = z.infer<typeof Verdict>

/** Seconds that a pipeline took, and those of its parts. */
const Run = z.object({
  test: seconds,
  build: seconds.describe("Of the module: with the verification of the images"),
  deploy: seconds.describe("Push, migrations and rollout; of the module: with the monitor"),
  monitor: seconds
    .optional()
    .describe(
      "Of deploy: from its record to the first migration or change, and from the last change to its end (the module only)",
    ),
  total: seconds,
})
export type Run = z.infer<typeof Run>

const Round = z.object({
  round: z
    .enum(["cold", "warm", "edited"])
    .describe(
      "cold: no step has run before, no package is cached; warm: the same again; edited: one line of the backend is different",
    ),
  module: z.array(Run).describe("A run for each time that it was measured"),
  script: z.array(Run).describe("The same of the plain script of podman and kubectl"),
})
export type Round = z.infer<typeof Round>

const Update = z.object({
  id: z.string().describe("Id of the deployment"),
  outcome: z.enum(["succeeded", "failed"]),
  requests: z
    .object({
      percent: z.number().describe("Those that were answered as expected"),
      sent: z.number(),
      p99: z.number().describe("Milliseconds within which 99 % of them were answered"),
    })
    .optional()
    .describe("The monitor's requests; absent if it sent none"),
  seconds: seconds.describe("The deployment alone, from the Lease to the record"),
  starts: z.record(z.string(), seconds).describe("Seconds from scheduled to ready, on average, by application"),
})

const Image = z.object({
  application: z.string(),
  bytes: z.number().describe("In the registry: the sum of its compressed layers"),
})

const User = z.object({
  sent: z.number().describe("Requests of a user who signed in before the first update, ten a second"),
  wrong: z.array(z.string()).describe("Those that were not answered as expected"),
  kept: z.boolean().describe("Whether the task that was created first still exists"),
})

const Updates = z.object({
  updates: z.array(Update),
  images: z.array(Image),
  leftovers: z.array(z.string()).describe("What is in the namespace afterwards and belongs to nothing that is kept"),
  user: User,
})
export type Updates = z.infer<typeof Updates>

/** bench.json: what one run of `npm run bench` measured. Compare only what one run holds: machines differ. */
export const Bench = z.object({
  startedAt: z.string().describe("ISO 8601"),
  machine: z.object({ processor: z.string(), cores: z.number(), gibibytes: z.number(), system: z.string() }),
  verdict: Verdict.optional(),
  pipeline: z.array(Round).optional(),
  updates: Updates.optional(),
})
export type Bench = z.infer<typeof Bench>
