import { describe, expect, test } from "vitest"
import { z } from "zod"

import { Bench } from "../../bench/schema.ts"
import { failures, formatBench } from "../../bench/tables.ts"
import { VERDICT } from "./verdict/fixture.ts"

const BENCH: Bench = Bench.parse({
  startedAt: "2026-11-24T20:00:00.000Z",
  machine: { processor: "a processor", cores: 2, gibibytes: 24, system: "Linux 6" },
  verdict: VERDICT,
  pipeline: [
    {
      round: "cold",
      module: [{ test: 40, build: 40, deploy: 40, monitor: 36, total: 120 }],
      script: [{ test: 30, build: 20, deploy: 10, total: 60 }],
    },
  ],
  updates: {
    updates: [
      {
        id: "1",
        outcome: "succeeded",
        requests: { percent: 100, sent: 4000, p99: 40 },
        seconds: 50,
        starts: { backend: 2, frontend: 3 },
      },
    ],
    images: [{ application: "backend", bytes: 55e6 }],
    leftovers: [],
    user: { sent: 500, wrong: [], kept: true },
  },
})

test("the measurements are shown, with ratios within the run", () => {
  const text = formatBench(BENCH)
  for (const part of [
    "31.0 (30.0–32.0)",
    "2.00 ×",
    "1.40 × (PASS",
    "100.000 %",
    "55.0 MB (PASS",
    "a processor, 2 cores",
  ]) {
    expect(text).toContain(part)
  }
  expect(text).toContain("PASS: within every limit")
})

describe("an exceeded limit is named:", () => {
  const broken = (change: (bench: Bench) => void): string[] => {
    const bench = structuredClone(BENCH)
    change(bench)
    return failures(bench)
  }
  test.each<[string, (bench: Bench) => void, RegExp]>([
    [
      "a false alarm",
      ({ verdict }) => (verdict!.cases[2]!.rounds.module![0]!.outcome = "failed"),
      /^unready-for-seven-seconds: false alarm: failed$/,
    ],
    [
      "a slow pipeline",
      ({ pipeline }) => (pipeline![0]!.module[0]!.monitor = 35),
      /^pipeline, cold: 1.42 × of the script, without the monitor$/,
    ],
    ["a request not answered", ({ updates }) => (updates!.updates[0]!.requests!.percent = 99.999), /99.999 %/],
    ["an update that failed", ({ updates }) => (updates!.updates[0]!.outcome = "failed"), /1 failed/],
    ["a slow start", ({ updates }) => (updates!.updates[0]!.starts.backend = 10), /backend started in 10.0 s/],
    ["something left over", ({ updates }) => updates!.leftovers.push("Job/x"), /left over: Job\/x/],
    ["a large image", ({ updates }) => (updates!.images[0]!.bytes = 200e6), /backend: 200.0 MB/],
    ["a user who was refused", ({ updates }) => updates!.user.wrong.push("/: 401"), /the user: \/: 401/],
    ["a task that is lost", ({ updates }) => (updates!.user.kept = false), /task is lost/],
  ])("%s", (_, change, expected) => {
    expect(broken(change)).toEqual([expect.stringMatching(expected)])
  })
  test("none otherwise", () => {
    expect(failures(BENCH)).toEqual([])
  })
})

test("the schema of bench.json is current (npx vitest run --project unit -u writes it)", async () => {
  await expect(`${JSON.stringify(z.toJSONSchema(Bench), null, 2)}\n`).toMatchFileSnapshot(
    "../../../docs/bench.schema.json",
  )
})
