import { readFile } from "node:fs/promises"

import { XMLValidator } from "fast-xml-parser"
import { describe, expect, test } from "vitest"
import { z } from "zod"

import { filesOf } from "../../../.dagger/src/report/files.ts"
import { Report } from "../../../.dagger/src/report/report.ts"
import { formatReport } from "../../../.dagger/src/report/summary.ts"

const SUCCEEDED: Report = {
  schemaVersion: 1,
  id: "20261124-100000-abcd",
  kind: "deploy",
  outcome: "succeeded",
  startedAt: "2026-11-24T10:00:00.000Z",
  endedAt: "2026-11-24T10:01:00.000Z",
  name: "shop",
  namespace: "shop",
  publicUrl: "https://shop.example.com",
  images: { backend: "ghcr.io/shop@sha256:b" },
  migrations: [{ name: "backend-migration", outcome: "ran" }],
  changed: true,
  startLimit: 10,
  baseline: "healthy",
  broken: [],
  starts: [
    { deployment: "backend", pod: "backend-1", seconds: 2, pulling: 1.5, margin: 1 },
    { deployment: "backend", pod: "backend-2", seconds: 4, pulling: 0, margin: 1 },
  ],
  pods: [{ at: "2026-11-24T10:00:10.000Z", application: "backend", pod: "backend-<1>", change: "ready" }],
  availability: {
    from: "2026-11-24T10:00:05.000Z",
    to: "2026-11-24T10:00:20.000Z",
    sent: 600,
    failed: 0,
    dropped: 0,
    percent: 100,
    latency: { p50: 2, p95: 9, p99: 20, max: 31 },
    limited: 0,
    failures: [],
    outages: [],
    pages: [],
    requests: [{ name: "the | page", connection: "new", sent: 300, failed: 0 }],
    seconds: [
      { at: "2026-11-24T10:00:05.000Z", sent: 40, failed: 0, slowest: 31 },
      { at: "2026-11-24T10:00:19.000Z", sent: 40, failed: 0, slowest: 9 },
    ],
  },
  handshake: [{ step: "sign up", problem: "" }],
}

const FAILED: Report = {
  ...SUCCEEDED,
  outcome: "failed",
  failure: { code: "AVAILABILITY_FAILED", what: "99.500 % of <requests>", why: "```\n3 × status 503", fix: "fix it" },
  recovery: { action: "rolled-back", to: "20261124-090000-abcd" },
  availability: {
    ...SUCCEEDED.availability!,
    failed: 3,
    percent: 99.5,
    failures: [{ failure: { kind: "status", status: 503 }, count: 3 }],
    outages: [
      {
        from: "2026-11-24T10:00:07.000Z",
        to: "2026-11-24T10:00:08.500Z",
        seconds: 1.5,
        failed: 3,
        failures: [{ kind: "status", status: 503 }],
      },
    ],
    seconds: [{ at: "2026-11-24T10:00:07.000Z", sent: 40, failed: 3, slowest: 31 }],
  },
}

const UNTIDY: Report = {
  ...FAILED,
  recovery: { action: "removed", left: ["Ingress web"] },
  leftovers: ["Error from server (Forbidden): ``` no"],
  takenOver: [
    { object: "Deployment web", owner: "the Helm release shop", managers: ["helm", "kubectl-edit"] },
    { object: "Service web", managers: ["helm"] },
  ],
}

const UNSEEN: Report = {
  ...FAILED,
  availability: undefined,
  starts: [],
  pods: [],
  changed: false,
  recovery: { action: "none" },
}

describe.for([
  ["succeeded", SUCCEEDED],
  ["failed", FAILED],
  ["left something", UNTIDY],
  ["without requests", UNSEEN],
] as const)("a report that %s", ([, report]) => {
  test("is the same when it is read back", () => {
    expect(Report.parse(JSON.parse(filesOf(report)["report.json"]))).toEqual(JSON.parse(JSON.stringify(report)))
  })

  test("has a picture that is XML", () => {
    expect(XMLValidator.validate(filesOf(report)["availability.svg"])).toBe(true)
  })
})

test("from whom objects were taken over is in the summary and in Markdown", () => {
  expect(formatReport(UNTIDY)).toContain(
    "Taken over\n  Deployment web, from the Helm release shop (fields of helm, kubectl-edit)\n  Service web: fields of helm\n",
  )
  expect(filesOf(UNTIDY)["report.md"]).toContain(
    "Taken over: Deployment web, from the Helm release shop (fields of helm, kubectl-edit); Service web: fields of helm",
  )
})

test("the summary: verdicts, averages, availability", () => {
  const text = formatReport(SUCCEEDED)
  expect(text).toMatch(/backend +average +3\.0 s +PASS \(< 10 s\)/)
  expect(text).toContain("100.000 % answered as expected, from before the first change (600 sent, 0 failed)")
  const unsure = { ...SUCCEEDED.availability!, dropped: 5, limited: 7 }
  for (const remark of ["5 requests could not be sent", "7 requests were refused"]) {
    expect(formatReport({ ...SUCCEEDED, availability: unsure })).toContain(`warning: ${remark}`)
    expect(filesOf({ ...SUCCEEDED, availability: unsure })["report.md"]).toContain(`⚠️ ${remark}`)
  }
  expect(formatReport({ ...SUCCEEDED, starts: [] })).not.toContain("Start of")
  expect(formatReport({ ...SUCCEEDED, startLimit: 3 })).toMatch(/average +3\.0 s +PASS \(< 3 s; 1\.5 s at least/)
  expect(formatReport({ ...SUCCEEDED, startLimit: 1.5 })).toMatch(/average +3\.0 s +FAIL \(< 1\.5 s/)
  expect(formatReport(FAILED)).toContain(
    "outage   1.5 s, 2026-11-24T10:00:07.000Z to 2026-11-24T10:00:08.500Z: status 503",
  )
})

test("an application without tests is reported, with the reason", () => {
  const report: Report = { ...SUCCEEDED, untested: { frontend: "one <static> page" } }
  expect(formatReport(report)).toContain("frontend: no tests, on purpose: one <static> page")
  expect(filesOf(report)["report.md"]).toContain("⚠️ frontend: no tests, on purpose: one \\<static\\> page")
  expect(JSON.parse(filesOf(report)["report.json"])).toMatchObject({ untested: { frontend: "one <static> page" } })
  for (const text of [formatReport(SUCCEEDED), filesOf(SUCCEEDED)["report.md"]]) expect(text).not.toContain("no tests")
})

test("requests from outside are reported apart", () => {
  const { pages: _, seconds: __, ...inside } = SUCCEEDED.availability!
  const requests = [{ name: "the page, from outside", connection: "new" as const, sent: 200, failed: 1 }]
  const outside = { ...inside, sent: 200, failed: 1, percent: 99.5, requests }
  const report: Report = { ...FAILED, availability: { ...SUCCEEDED.availability!, outside } }
  expect(formatReport(report)).toMatch(/^100\.000 % answered as expected, .*600 sent, 0 failed\)$/m)
  expect(formatReport(report)).toMatch(
    /^99\.500 % answered as expected, from outside, through the public URL \(200 sent, 1 failed\)$/m,
  )
  const text = filesOf(report)["report.md"]
  expect(text).toContain("### 100.000 % of users' requests answered as expected")
  expect(text).toContain("### 99.500 % of the requests from outside answered as expected")
  expect(text).toContain("| the page, from outside | new | 200 | 1 |")
  expect(Report.parse(JSON.parse(filesOf(report)["report.json"])).availability?.outside).toEqual(outside)
  for (const each of [formatReport(SUCCEEDED), filesOf(SUCCEEDED)["report.md"]]) expect(each).not.toContain("outside")
})

test("what open pages run into is a warning", () => {
  const report: Report = { ...SUCCEEDED, skew: [{ kind: "other-key", actions: ["add in app/<a>.ts"] }] }
  expect(formatReport(report)).toMatch(/^warning: 1 Server Actions .*\(add in app\/<a>\.ts\)/m)
  expect(filesOf(report)["report.md"]).toMatch(/^⚠️ 1 Server Actions .*app\/\\<a\\>\.ts/m)
  expect(Report.parse(JSON.parse(filesOf(report)["report.json"])).skew).toEqual(report.skew)
  for (const text of [formatReport(SUCCEEDED), filesOf(SUCCEEDED)["report.md"]]) expect(text).not.toContain("Actions")
})

test("the files of pages have a table, and those that failed are named", () => {
  const failure = { kind: "status" as const, status: 404 }
  const page = {
    name: "the start page",
    now: { sent: 7000, failed: 0 },
    before: { sent: 140, failed: 50 },
    failures: [{ path: "/a.js", page: "before" as const, failure, count: 50 }],
  }
  const report = { ...FAILED, availability: { ...SUCCEEDED.availability!, pages: [page] } }
  expect(formatReport(report)).toMatch(/FILES OF PAGE.*\nthe start page +7000 +0 +140 +50\n/)
  for (const text of [formatReport(report), filesOf(report)["report.md"]])
    expect(text).toContain("/a.js: 50 × status 404, of the page as it was before")
  expect(filesOf(report)["report.md"]).toContain("| the start page | 7000 | 0 | 140 | 50 |")
  expect(formatReport(SUCCEEDED)).not.toContain("FILES OF PAGE")
})

describe("what containers have shown of the migrations", () => {
  const failure = { kind: "status" as const, status: 500 }
  const request = {
    kind: "request" as const,
    of: "running" as const,
    application: "backend",
    request: "the items",
    failure,
  }
  const rows: NonNullable<Report["schemaTrial"]>["rows"] = [
    { code: "running", schema: "new", verdict: "failed", finding: request },
    { code: "new", schema: "new", verdict: "passed", requests: 13 },
    { code: "new", schema: "old", verdict: "not-checked", finding: { kind: "tool", why: "a <cause>" } },
  ]
  const locks = [{ migration: "migrate", table: "items", seconds: 3 }]
  const texts = (parts: Partial<Report>) => {
    const report = { ...SUCCEEDED, ...parts }
    expect(Report.parse(JSON.parse(filesOf(report)["report.json"]))).toMatchObject(parts)
    return [formatReport(report), filesOf(report)["report.md"]] as const
  }

  test("is a row each; one that was not checked is never one that passed", () => {
    const [summary, markdown] = texts({ schemaTrial: { rows, locks, allowed: true } })
    expect(summary).toMatch(
      /^running code on the new schema +FAIL +the items, of backend, of the running release: status 500$/m,
    )
    expect(summary).toMatch(/^new code on the new schema +PASS +13 requests in containers answered as expected$/m)
    expect(summary).toMatch(/^new code on the old schema +not checked +a <cause>$/m)
    expect(markdown).toContain("| new code on the old schema | not checked | a \\<cause\\> |")
    for (const text of [summary, markdown]) {
      expect(text).toContain("migrate locks items for 3.0 s")
      expect(text).toContain("a downtime is to be expected")
    }
    expect(summary).toContain("100.000 % answered as expected, from when all of its pods served")
  })

  test("is one line where nothing was tried, or nothing was to be", () => {
    const untried = rows.map(row => ({
      ...row,
      verdict: "not-checked" as const,
      finding: { kind: "no-services" as const },
    }))
    for (const text of texts({ schemaTrial: { rows: untried } }))
      expect(text).toMatch(/^Migrations, in containers: not checked: cloud-native\.yaml names no database/m)
    for (const text of texts({ schemaTrial: { rows: [] } }))
      expect(text).toMatch(/^Migrations: those of the release that ran/m)
    for (const text of texts({})) expect(text).not.toContain("containers")
  })

  test("of a rollback: what it goes across, and whether that was proven", () => {
    const crossed = { migrations: ["migrate-1"], verdict: "passed" as const, reason: "13 requests" }
    for (const text of texts({ kind: "rollback", crossed }))
      expect(text).toMatch(/^Goes across migrate-1, which stay: .* was seen in containers, before they ran$/m)
  })
})

test("what is left over is reported", () => {
  expect(formatReport(UNTIDY)).toContain("could not be deleted\n  Error from server (Forbidden): ``` no")
  for (const part of [
    "stays as this deployment made it: Ingress web",
    "````\nError from server (Forbidden): ``` no\n````",
  ])
    expect(filesOf(UNTIDY)["report.md"]).toContain(part)
})

test("the job summary: the failure and its outcome; nothing in a text ends a table or a fence", () => {
  const text = filesOf(FAILED)["report.md"]
  for (const part of [
    "❌ Deployment of shop to shop failed",
    "AVAILABILITY_FAILED",
    "````\n```\n3 × status 503\n````",
    "rolled back to 20261124-090000-abcd",
    "the \\| page",
  ])
    expect(text).toContain(part)
  expect(filesOf(SUCCEEDED)["report.md"]).toContain("✅ Deployment of shop to shop succeeded")
})

test("a report without a version is read, with its states as codes", async () => {
  const text = await readFile(new URL("cases/without-version.json", import.meta.url), "utf8")
  expect(Report.parse(JSON.parse(text))).toMatchObject({
    schemaVersion: 1,
    migrations: [{ name: "backend-migration", outcome: "had-run" }],
    recovery: { action: "rolled-back", to: "20261124-090000-abcd" },
    availability: { failures: [{ count: 3 }] },
  })
})

test("the schema of report.json is current (npx vitest run --project unit -u writes it)", async () => {
  await expect(`${JSON.stringify(z.toJSONSchema(Report), null, 2)}\n`).toMatchFileSnapshot(
    "../../../docs/report.schema.json",
  )
})
