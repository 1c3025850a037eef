import { describe, expect, test } from "vitest"

import { prune, replacedBy, toPrune } from "../../../.dagger/src/release/prune.ts"
import { entry, fakeKubectl, object, presentLine } from "./records.ts"

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
})

describe("deleting", () => {
  const kubectlWith = (there: string[], stderr = "") =>
    fakeKubectl({
      get: () => ({ stdout: there.map(line => `${line}\n`).join(""), exitCode: stderr ? 1 : 0, stderr }),
      delete: names =>
        names.includes("Deployment refused") ? { exitCode: 1, stderr: "Error from server (Forbidden): no" } : {},
    })

  test("only what exists and has this module's labels, for this name", async () => {
    const { kubectl, calls } = kubectlWith([presentLine(web, "shop"), presentLine(cron, "other"), presentLine(data)])
    expect(await prune(kubectl, "shop", [web, cron, data, oldConfig])).toEqual([])
    expect(calls).toEqual([
      `get Deployment web Deployment cron PersistentVolumeClaim data ConfigMap web-config-old`,
      "delete Deployment web --wait=false",
    ])
  })

  test("nothing is asked for if there is nothing to delete", async () => {
    const { kubectl, calls } = kubectlWith([])
    expect(await prune(kubectl, "shop", [])).toEqual([])
    expect(calls).toEqual([])
  })

  test.each([
    [
      "a kind that is no more is gone",
      web,
      'unable to recognize no matches for kind "Strange" in version "acme.io/v1"',
      [],
    ],
    [
      "what may not be looked at is said",
      web,
      "Error from server (Forbidden): secrets is forbidden",
      ["Error from server (Forbidden): secrets is forbidden"],
    ],
    ["what cannot be deleted is said", object("Deployment", "refused"), "", ["Error from server (Forbidden): no"]],
  ])("%s, and the rest is deleted", async (_, there, stderr, problems) => {
    const { kubectl, calls } = kubectlWith([presentLine(there, "shop")], stderr)
    expect(await prune(kubectl, "shop", [there, object("Strange", "thing", "acme.io/v1")])).toEqual(problems)
    expect(calls.at(-1)).toBe(`delete Deployment ${there.name} --wait=false`)
  })
})
