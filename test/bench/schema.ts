import { z } from "zod"

const seconds = z.number().nonnegative()

/** One tool's verdict on a faulty release. */
const Verdict = z.object({
  outcome: z
    .enum(["failed", "refused", "succeeded", "missed", "capped"])
    .describe(
      "failed: it said that the release fails; refused: before it changed anything; succeeded: it reported success; " +
        "missed: it did not name the cause; capped: it was still waiting",
    ),
  seconds: seconds.describe(
    "From the moment the release was in the cluster to the tool's verdict; for a refusal, and for Helm, from the start of the call",
  ),
  until: seconds.describe("The same to the end of the call, with the rollback if the tool does one"),
})
export type Verdict = z.infer<typeof Verdict>

/** The same faulty release, given to each tool. */
const Fault = z.object({
  name: z.string().describe("Folder of test/faults/cases"),
  family: z.number(),
  deploy: Verdict.describe("`deploy` of this module"),
  fromCause: z
    .number()
    .optional()
    .describe(
      "Seconds from the cause, as the cluster dates it, to the verdict of `deploy`; absent if the cluster shows none",
    ),
  kubectl: Verdict.describe("`kubectl apply`, then `kubectl rollout status`"),
  helm: Verdict.describe("`helm upgrade --rollback-on-failure --wait`"),
})
export type Fault = z.infer<typeof Fault>

/** Seconds that a pipeline took, and those of its parts. */
const Run = z.object({
  test: seconds,
  build: seconds.describe("Of the module: with the verification of the images"),
  deploy: seconds.describe("Push, migrations and rollout; of the module: with the monitor"),
  total: seconds,
})
export type Run = z.infer<typeof Run>

const Round = z.object({
  round: z
    .enum(["cold", "warm", "edited"])
    .describe(
      "cold: no step has run before, no package is cached; warm: the same again; edited: one line of the backend is different",
    ),
  module: Run,
  script: Run.describe("The plain script of podman and kubectl"),
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
  cap: seconds.describe("After these a tool that still waits is no longer waited for"),
  verdict: z.array(Fault).optional(),
  pipeline: z.array(Round).optional(),
  updates: Updates.optional(),
})
export type Bench = z.infer<typeof Bench>
