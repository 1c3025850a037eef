import { expect, test } from "vitest"

import { Report } from "../../../.dagger/src/report/report.ts"
import { CloudNativeError } from "../../../.dagger/src/util/errors.ts"
import { builderOf } from "./builder.ts"

const AT = "2026-01-01T00:00:00.000Z"
const TIMELINE = {
  steps: [{ step: "rollout", at: AT }],
  migrations: [{ name: "migrate", from: AT }],
  pods: [{ workload: "web", pod: "a", ready: AT }],
  until: AT,
}

test("a report has everything that was found out, and is a report.json", () => {
  const builder = builderOf("1")
  builder.setBaseline({ baseline: "broken", broken: ["home"] })
  builder.setSkew([{ kind: "same-id", id: "1" }])
  builder.setMigrations([{ name: "migrate", outcome: "ran" }])
  builder.setChanged(true)
  for (const pod of ["a", "b"])
    builder.addPodChange({ at: "2026-01-01T00:00:00.000Z", application: "web", pod, change: "ready" })
  builder.setTimeline(TIMELINE)
  builder.setStarts([{ deployment: "web", pod: "a", seconds: 2, pulling: 0, margin: 1 }])
  builder.setHandshake([{ step: "sign-up", problem: "" }])
  builder.setFailure(
    new CloudNativeError({
      code: "ROLLOUT_FAILED",
      kind: "CrashLoop",
      blame: "user",
      what: "what",
      why: "why",
      fix: "fix",
    }),
  )
  builder.setRecovery({ action: "removed" })
  builder.setLeftovers(["Ingress web"])
  builder.end("failed")
  expect(Report.parse(JSON.parse(JSON.stringify(builder.report)))).toEqual({
    ...builderOf("1").report,
    startedAt: builder.report.startedAt,
    endedAt: builder.report.endedAt,
    baseline: "broken",
    broken: ["home"],
    skew: [{ kind: "same-id", id: "1" }],
    migrations: [{ name: "migrate", outcome: "ran" }],
    changed: true,
    pods: [
      { at: "2026-01-01T00:00:00.000Z", application: "web", pod: "a", change: "ready" },
      { at: "2026-01-01T00:00:00.000Z", application: "web", pod: "b", change: "ready" },
    ],
    timeline: TIMELINE,
    starts: [{ deployment: "web", pod: "a", seconds: 2, pulling: 0, margin: 1 }],
    handshake: [{ step: "sign-up", problem: "" }],
    failure: { code: "ROLLOUT_FAILED", kind: "CrashLoop", what: "what", why: "why", fix: "fix" },
    recovery: { action: "removed" },
    leftovers: ["Ingress web"],
  })
})

test("a report that nothing was left over from has no list of leftovers, and none of what open pages run into", () => {
  const builder = builderOf("1")
  builder.setLeftovers([])
  builder.setSkew([])
  expect(builder.report).not.toHaveProperty("leftovers")
  expect(builder.report).not.toHaveProperty("skew")
})

test("nothing but the builder writes to a report: the compiler refuses it, and so does the report", () => {
  const { report } = builderOf("1")
  expect(() => {
    // @ts-expect-error A report is read-only.
    report.changed = true
  }).toThrow(TypeError)
  expect(() => Object.assign(report, { changed: true })).toThrow(TypeError)
})

test("a report names an application that has no tests on purpose, and none where all have some", () => {
  expect(builderOf("1", "one page").report.untested).toEqual({ frontend: "one page" })
  expect(builderOf("1").report).not.toHaveProperty("untested")
})
