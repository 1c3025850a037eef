import type { Container } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { leastOffset } from "../../../.dagger/src/kubernetes/clock.ts"
import { Kubectl } from "../../../.dagger/src/kubernetes/kubectl.ts"

describe("this machine's clock is corrected", () => {
  const sent = Date.parse("2026-11-24T10:00:00.700Z")
  const received = sent + 400
  test.each([
    ["not at all, where the cluster's says the same second", "2026-11-24T10:00:00Z", 0],
    ["not at all, where it says the next one, which began meanwhile", "2026-11-24T10:00:01Z", 0],
    ["by the least that explains that the cluster's is behind", "2026-11-24T09:59:00Z", -60_000 + 300],
    ["by the least that explains that the cluster's is ahead", "2026-11-24T10:01:00Z", 60_000 - 1100],
  ])("%s", (_, date, expected) => {
    expect(leastOffset(Date.parse(date), sent, received)).toBe(expected)
  })
})

test("ages are computed by the cluster's clock, which is asked once", async () => {
  const asked: string[][] = []
  const date = new Date(Date.now() - 90_000).toISOString().replace(/\.\d+Z$/, "Z")
  const container = {
    withEnvVariable: () => container,
    withExec: (args: string[]) => {
      asked.push(args)
      return { exitCode: async () => 0, stdout: async () => date, stderr: async () => "" }
    },
  }
  const kubectl = new Kubectl(container as unknown as Container, [], "app")
  for (const now of [await kubectl.now(), await kubectl.now()])
    expect(Math.abs(Date.now() - 90_000 - now)).toBeLessThan(2000)
  expect(asked).toHaveLength(1)
})
