import { describe, expect, test } from "vitest"

import { prune } from "../../../.dagger/src/release/prune.ts"
import { fakeKubectl, object, presentLine } from "./records.ts"

const web = object("Deployment", "web")
const cron = object("Deployment", "cron")
const oldConfig = object("ConfigMap", "web-config-old")
const data = object("PersistentVolumeClaim", "data")

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
