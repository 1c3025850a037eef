import { describe, expect, test } from "vitest"

import { planRollback, withRecovery } from "../../../.dagger/src/deploy/rollback.ts"
import { unownedObjects } from "../../../.dagger/src/release/ownership.ts"
import { CloudNativeError } from "../../../.dagger/src/util/errors.ts"
import { entry, object } from "../release/records.ts"
import { builderOf } from "./builder.ts"

const web = object("Deployment", "web")
const green = object("Deployment", "web-green")
const cache = object("Service", "cache")
const cron = object("Deployment", "cron")
const service = object("Service", "web")
const ingress = object("Ingress", "web")
const account = object("ServiceAccount", "app")
const settings = object("ConfigMap", "web-config-new")
const job = object("Job", "migrate-new")
const CONFIG = [account, settings, job]
const ALL = [...CONFIG, service, web, ingress]

describe("somebody else's is", () => {
  const managed = { ...web, managed: true }
  test.each([
    ["what has not this module's labels", { ...web, managed: false }, [entry("1", "succeeded", [web])], [web]],
    ["what has them, but is in no record", managed, [], [web]],
    ["not what has them, and is in a record", managed, [entry("1", "pending", [web])], []],
    [
      "not what is in a record in another version",
      { ...object("Deployment", "web", "apps/v2"), managed: true },
      [entry("1", "failed", [web])],
      [],
    ],
    [
      "what a release that failed had found",
      managed,
      [entry("1", "failed", [web], [web]), entry("2", "failed", [web])],
      [web],
    ],
    [
      "not what a release has taken over",
      managed,
      [entry("1", "failed", [web], [web]), entry("2", "succeeded", [web]), entry("3", "failed", [web])],
      [],
    ],
  ])("%s", (_, there, before, expected) => {
    expect(unownedObjects([there], before).map(({ kind, name }) => ({ kind, name }))).toEqual(
      expected.map(({ kind, name }) => ({ kind, name })),
    )
  })
})

describe("a release that failed is undone", () => {
  const unchanged = { changed: false, keepFailed: false }
  const changed = { changed: true, keepFailed: false }
  const previous = entry("1", "succeeded", [account, service, web])

  test.each([
    [
      "first, before any pod: what it has added",
      CONFIG,
      unchanged,
      { entries: [], there: [], found: [] },
      { action: "none", remove: CONFIG, left: [] },
    ],
    [
      "before any pod, over what somebody else runs: nothing of that",
      CONFIG,
      unchanged,
      { entries: [], there: [account, service, web, ingress], found: [account, service, web, ingress] },
      { action: "none", remove: [settings, job], left: [account] },
    ],
    [
      "before any pod, after one that was killed: not what its pods may need",
      CONFIG,
      unchanged,
      { entries: [entry("1", "pending", ALL)], there: [account, web], found: [] },
      { action: "none", remove: [settings, job], left: [] },
    ],
    [
      "before any pod: not what the previous release has too",
      CONFIG,
      unchanged,
      { entries: [previous], there: [], found: [] },
      { action: "none", remove: [settings, job], left: [] },
    ],
    [
      "before any user was moved: what came up beside what serves, even if it was there",
      [...CONFIG, cache, green],
      { ...unchanged, beside: [green] },
      { entries: [previous], there: [account, service, web, green], found: [] },
      { action: "withdrawn", remove: [settings, job, cache, green], left: [] },
    ],
    [
      "before any user was moved: not what the previous release runs in",
      [...CONFIG, green],
      { ...unchanged, beside: [green] },
      { entries: [entry("1", "succeeded", [account, service, green])], there: [green], found: [] },
      { action: "withdrawn", remove: [settings, job], left: [] },
    ],
    [
      "first: all of it",
      ALL,
      changed,
      { entries: [], there: [], found: [] },
      { action: "removed", remove: ALL, left: [] },
    ],
    [
      "first, where no pods were but other objects: all but these",
      ALL,
      changed,
      { entries: [], there: [account, ingress], found: [account, ingress] },
      { action: "removed", remove: [settings, job, service, web], left: [account, ingress] },
    ],
    [
      "first, to be kept: not at all",
      ALL,
      { changed: true, keepFailed: true },
      { entries: [], there: [], found: [] },
      { action: "kept", remove: [], left: [] },
    ],
    [
      "over pods of somebody else: not at all",
      ALL,
      changed,
      { entries: [], there: [web], found: [web] },
      { action: "kept", remove: [], left: [] },
    ],
    [
      "after a first one that was killed or kept: with what is left of that",
      ALL,
      changed,
      { entries: [entry("1", "pending", [...ALL, cron])], there: ALL, found: [] },
      { action: "removed", remove: [...ALL, cron], left: [] },
    ],
    [
      "by going back",
      ALL,
      changed,
      { entries: [previous], there: [account, service, web], found: [] },
      { action: "rolled-back", to: "1", remove: [settings, job, ingress], left: [] },
    ],
    [
      "by going back, without what was somebody else's",
      ALL,
      changed,
      { entries: [previous], there: [account, service, web, ingress], found: [ingress] },
      { action: "rolled-back", to: "1", remove: [settings, job], left: [ingress] },
    ],
  ] as const)("%s", (_, applied, how, { entries, there, found }, expected) => {
    const options = { ...how, beside: "beside" in how ? [...how.beside] : [] }
    expect(
      planRollback([...applied], options, { entries: [...entries], there: [...there], found: [...found] }),
    ).toEqual(expected)
  })
})

describe("what somebody else has changed meanwhile", () => {
  const changed = { changed: true, keepFailed: false }

  test("stays, with what its pods may need", () => {
    const before = { entries: [entry("1", "succeeded", [account, service])], there: [], found: [] }
    expect(planRollback(ALL, changed, before, [web])).toEqual({
      action: "rolled-back",
      to: "1",
      remove: [job, ingress],
      left: [],
    })
  })

  test("stays with what a sidecar of Dapr may need", () => {
    const applied = [...ALL, object("Component", "store", "dapr.io/v1alpha1")]
    const { remove } = planRollback(applied, changed, { entries: [], there: [], found: [] }, [web])
    expect(remove).toEqual([job, ingress])
  })

  test("stays of a first deployment, too", () => {
    expect(planRollback(ALL, changed, { entries: [], there: [], found: [] }, [web])).toEqual({
      action: "removed",
      remove: [job, ingress],
      left: [],
    })
  })
})

test("the error says what stays of what it met, and what could not be deleted", () => {
  const failure = new CloudNativeError({ code: "ROLLOUT_FAILED", blame: "user", what: "what", why: "why", fix: "fix" })
  const builder = builderOf("1")
  builder.setRecovery({ action: "removed", left: ["Ingress web"], changedByOthers: ["Deployment web"] })
  builder.setLeftovers(["Error from server (Forbidden): no"])
  const { evidence } = withRecovery(failure, builder.report)
  expect(evidence).toContain("stays as the deployment made it: Ingress web")
  expect(evidence).toContain("somebody else changed it meanwhile, and it stays as it is: Deployment web")
  expect(evidence).toContain("could not be deleted:\n  Error from server (Forbidden): no")
})

describe("the error of a deployment that was undone ends with the cause", () => {
  const failure = new CloudNativeError({
    code: "ROLLOUT_FAILED",
    kind: "CrashLoop",
    blame: "user",
    what: "it cannot succeed",
    evidence: "pod web-1",
    why: "web: crashes",
    fix: "read its log",
  })

  test("after what was done about it", () => {
    const builder = builderOf("1")
    builder.setRecovery({ action: "rolled-back", to: "0" })
    const error = withRecovery(failure, builder.report)
    expect(error).toMatchObject({ code: "ROLLOUT_FAILED", kind: "CrashLoop", why: "web: crashes", fix: "read its log" })
    expect(error.evidence).toMatch(/^pod web-1\nrolled back to 0\nfull report: /)
    expect(error.message).toMatch(/\n {2}cause: web: crashes\n→ read its log$/)
  })

  test("and with why it could not be undone, where it could not", () => {
    const builder = builderOf("1")
    builder.setRecovery({ action: "rolled-back", to: "0", problem: "no route to host" })
    const error = withRecovery(failure, builder.report)
    expect(error.code).toBe("ROLLBACK_FAILED")
    expect(error.what).toBe("the deployment failed (ROLLOUT_FAILED: it cannot succeed), and could not be undone")
    expect(error.message).toMatch(/\n {2}cause: web: crashes\n {2}while going back: no route to host\n→ fix by hand/)
  })
})
