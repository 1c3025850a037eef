import { expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.ts"
import { keepOf } from "../../../.dagger/src/deploy/keep.ts"

const move = (service: string) => ({ service, old: [], deployments: [] })

test.each([
  ["by default", "frontend: { strategy: blue-green }", ["frontend"], 300],
  ["as it says", "frontend: { strategy: blue-green, keep: 90s }", ["frontend"], 90],
  ["not at all", "frontend: { strategy: blue-green, keep: 0s }", ["frontend"], 0],
  ["where nothing moves", "frontend: { strategy: blue-green, keep: 90s }", [], 0],
  [
    "the longest of those that move",
    "frontend: { strategy: blue-green, keep: 90s }\nbackend: { strategy: blue-green, keep: 1h }",
    ["frontend", "backend"],
    3600,
  ],
  [
    "not as long as one that does not move",
    "frontend: { strategy: blue-green, keep: 90s }\nbackend: { strategy: blue-green, keep: 1h }",
    ["frontend"],
    90,
  ],
])("how long old pods stay: %s", (_, text, services, seconds) => {
  expect(keepOf(parseConfig(`${text}\n`, "cloud-native.yaml"), services.map(move))).toBe(seconds)
})
