import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { only, Snapshot } from "../../../.dagger/src/status/snapshot.ts"
import {
  type AppliedWorkload,
  changeByOther,
  isAutoscaled,
  type LiveWorkload,
  otherImage,
  restartByOther,
} from "../../../.dagger/src/status/workload.ts"

const CASES = join(import.meta.dirname, "cases/workload")

describe("what somebody else has done to a workload since it was applied", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const read = (file: string) => parse(readFileSync(join(CASES, name, file), "utf8")) as unknown
    const [applied, live] = [read("applied.yaml") as AppliedWorkload, read("live.yaml") as LiveWorkload]
    const snapshot = Snapshot.parse(
      existsSync(join(CASES, name, "snapshot.yaml")) ? read("snapshot.yaml") : { items: [] },
    )
    const failure =
      changeByOther(applied, live, isAutoscaled(snapshot, applied.kind, applied.name)) ??
      otherImage(applied, only(snapshot, "Pod"))
    expect({ failure: failure ?? null, restartedBy: restartByOther(applied, live) ?? null }).toEqual(
      read("expected.yaml"),
    )
  })
})
