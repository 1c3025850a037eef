import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { readRollout } from "../../../.dagger/src/status/deployment.js"
import { Snapshot } from "../../../.dagger/src/status/snapshot.js"

const CASES = join(import.meta.dirname, "cases/deployment")
const NOW = Date.parse("2026-01-01T00:01:00Z")

describe("where a rollout stands", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const read = (file: string) => parse(readFileSync(join(CASES, name, file), "utf8"))
    const limits = existsSync(join(CASES, name, "limits.yaml")) ? read("limits.yaml") : {}
    const { line, complete, failure, culprit, warning } = readRollout(
      Snapshot.parse(read("snapshot.yaml")),
      "backend",
      NOW,
      { startup: 10, restarts: 2, ...limits },
    )
    expect({ line, complete, failure, culprit: culprit?.metadata.name, warning }).toEqual(read("expected.yaml"))
  })
})
