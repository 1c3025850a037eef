import { describe, expect, test } from "vitest"

import type { ReleaseSummary } from "../../../.dagger/src/release/history.ts"
import { parsePresent, type Present } from "../../../.dagger/src/release/live-objects.ts"
import { assertNotOwned, unownedObjects } from "../../../.dagger/src/release/ownership.ts"
import { entry, object, presentLine } from "./records.ts"

const [web, api, config] = [object("Deployment", "web"), object("Deployment", "api"), object("ConfigMap", "web")]

test("objects that another name has deployed are refused, with both remedies", () => {
  const there = parsePresent(
    [presentLine(web, "store"), presentLine(api, "shop"), presentLine(config)].join("\n"),
    "shop",
  )
  expect(there.map(({ managed, owner }) => ({ managed, owner }))).toEqual([
    { managed: false, owner: "store" },
    { managed: true, owner: undefined },
    { managed: false, owner: undefined },
  ])
  const check = (objects: typeof there) => () => assertNotOwned(objects, "prod")
  expect(check(there)).toThrowErrorMatchingInlineSnapshot(`
    [CloudNativeError: OWNED_BY_ANOTHER: objects of the manifests belong to another application in the namespace prod
      Deployment web belongs to the name store
    → give the objects other names, or deploy to another namespace; to take them over on purpose, as from Helm (docs/helm.md) or after a change of name in cloud-native.yaml: read plan, then deploy --take-over]
  `)
  expect(check(there.slice(1))).not.toThrow()
})

test("objects of a Helm release are refused by its name, until they have another manager", () => {
  const line = (managedBy: string, release: string) =>
    ["apps/v1", "Deployment", "web", "", managedBy, release].join("\t")
  const check = (text: string) => () => assertNotOwned(parsePresent(text, "shop"), "prod")
  expect(check(line("Helm", "shop-api"))).toThrow("Deployment web belongs to the Helm release shop-api\n")
  // Without the label; with a label that a chart's copy has; taken over, with Helm's annotation left.
  for (const other of [line("", "shop-api"), line("Helm", "")]) expect(check(other)).not.toThrow()
  expect(check(["apps/v1", "Deployment", "web", "shop", "cloud-native", "shop-api"].join("\t"))).not.toThrow()
})

test("objects of another name and of Helm are told together", () => {
  const lines = [
    presentLine(web, "store"),
    presentLine(config, "store"),
    "apps/v1\tDeployment\tapi\t\tHelm\tshop-api",
    "v1\tService\tapi\t\tHelm\tshop-api",
  ]
  expect(() => assertNotOwned(parsePresent(lines.join("\n"), "shop"), "prod")).toThrow(
    expect.objectContaining({
      code: "OWNED_BY_ANOTHER",
      blame: "user",
      why: [
        "Deployment web belongs to the name store",
        "ConfigMap web belongs to the name store",
        "Deployment api belongs to the Helm release shop-api",
        "Service api belongs to the Helm release shop-api",
      ].join("\n"),
      fix: expect.stringMatching(
        /^give the objects other names, .*; to take them over .* deploy --take-over$/,
      ) as string,
    }),
  )
})

describe("what is not this module's to delete", () => {
  const present = (name: string, managed = true): Present => ({ ...object("Deployment", name), managed })
  const [a, b] = [object("Deployment", "a"), object("Deployment", "b")]
  test.each<[string, Present[], ReleaseSummary[], string[]]>([
    ["not what a release of its own brought", [present("a")], [entry("1", "succeeded", [a])], []],
    ["what has not its labels", [present("a", false)], [entry("1", "succeeded", [a])], ["a"]],
    ["what is in no record", [present("a"), present("b")], [entry("1", "succeeded", [a])], ["b"]],
    ["what a release that failed found there", [present("a")], [entry("1", "failed", [a], [a])], ["a"]],
    ["not what one that succeeded has taken over", [present("a")], [entry("1", "succeeded", [a], [a])], []],
    [
      "not what a later one has taken over",
      [present("a")],
      [entry("1", "failed", [a], [a]), entry("2", "succeeded", [a])],
      [],
    ],
    [
      "what only an earlier one had",
      [present("a")],
      [entry("1", "succeeded", [a]), entry("2", "failed", [a], [a])],
      ["a"],
    ],
    [
      "what a later one does not have",
      [present("a")],
      [entry("1", "failed", [a], [a]), entry("2", "succeeded", [b])],
      ["a"],
    ],
  ])("%s", (_, there, before, expected) => {
    expect(unownedObjects(there, before).map(({ name }) => name)).toEqual(expected)
  })
})

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
