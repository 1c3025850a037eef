import { describe, expect, test } from "vitest"

import { replacedBy, toPrune } from "../../../.dagger/src/release/replaced.ts"
import { entry, object } from "./records.ts"

const web = object("Deployment", "web")
const cron = object("Deployment", "cron")
const oldConfig = object("ConfigMap", "web-config-old")
const oldSecret = object("Secret", "app-secrets-old")
const data = object("PersistentVolumeClaim", "data")
const scaler = (version: string) => object("HorizontalPodAutoscaler", "web", `autoscaling/${version}`)

describe("what is pruned", () => {
  test.each([
    ["what left the manifests", [web], [entry("1", "succeeded", [web, cron])], [cron]],
    [
      "not what the same object is in another version of its API",
      [scaler("v2")],
      [entry("1", "succeeded", [scaler("v1")])],
      [],
    ],
    [
      "by the version that is known last",
      [web],
      [entry("1", "succeeded", [scaler("v1")]), entry("2", "succeeded", [scaler("v2")])],
      [scaler("v2")],
    ],
    [
      "an object of the same name in another group",
      [web],
      [entry("1", "succeeded", [object("Deployment", "web", "acme.io/v1")])],
      [object("Deployment", "web", "acme.io/v1")],
    ],
    [
      "not the configuration of what can be gone back to",
      [web],
      [entry("1", "succeeded", [web, oldConfig, oldSecret])],
      [],
    ],
    [
      "the configuration of what failed, or was killed",
      [web],
      [entry("1", "failed", [oldConfig]), entry("2", "pending", [oldSecret])],
      [oldConfig, oldSecret],
    ],
    ["never data", [web], [entry("1", "succeeded", [web, data])], []],
    ["nothing that is in no record", [web], [], []],
    [
      "not what was somebody else's when a release that failed met it",
      [web],
      [entry("1", "failed", [web, cron], [cron]), entry("2", "succeeded", [web])],
      [],
    ],
    ["what was, once a release has succeeded with it", [web], [entry("1", "succeeded", [web, cron], [cron])], [cron]],
  ])("%s", (_, current, entries, expected) => {
    expect(toPrune(current, entries)).toEqual(expected)
  })

  test("the configuration of the release whose record the new one pushes out", () => {
    const before = Array.from({ length: 10 }, (_, index) =>
      entry(`${index}`, "succeeded", [web, object("ConfigMap", `web-config-${index}`)]),
    )
    expect(replacedBy(entry("10", "pending", [web, object("ConfigMap", "web-config-10")]), before)).toEqual([
      object("ConfigMap", "web-config-0"),
    ])
  })

  test("the configuration of what is older than the release that a rollback by hand goes back to from now on", () => {
    const settings = (id: string) => object("ConfigMap", `web-config-${id}`)
    const before = [
      ...["00", "01"].map(id => entry(id, "succeeded", [web, settings(id)])),
      ...Array.from({ length: 10 }, (_, index) => entry(`${index + 10}`, "failed", [web])),
    ]
    expect(replacedBy(entry("20", "pending", [web, settings("20")]), before)).toEqual([settings("00")])
  })
})
