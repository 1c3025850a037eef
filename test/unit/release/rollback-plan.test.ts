import { describe, expect, test } from "vitest"

import { planRollback } from "../../../.dagger/src/release/rollback-plan.ts"
import { entry, object } from "./records.ts"

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
    const options = "beside" in how ? { ...how, beside: [...how.beside] } : how
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
    const applied = [...ALL, object("Secret", "app-secrets-new"), object("Component", "store", "dapr.io/v1alpha1")]
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
