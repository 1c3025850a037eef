import { expect, test } from "vitest"

import { assertLasting } from "../../../.dagger/src/preflight/credentials.ts"

const NOW = Date.parse("2026-01-01T00:00:00Z")
const lasting = (minutes: number | undefined, timeout: string) => () =>
  assertLasting(
    { user: "deployer", credentialsEnd: minutes === undefined ? undefined : NOW + minutes * 60_000 },
    timeout,
    NOW,
  )

test("credentials have to last for the migrations, the rollout and a rollback", () => {
  expect(lasting(29, "10m")).toThrow(
    /CREDENTIALS_REFUSED: .*\n {2}those of deployer end at 2026-01-01T00:29:00.000Z, in 29.0 min; .* 30.0 min in all\n→ .*--timeout/,
  )
  expect(lasting(-5, "1m")).toThrow("in -5.0 min")
})

test.each<[string, number | undefined, string]>([
  ["that last long enough", 30, "10m"],
  ["that last long enough for a shorter time-out", 15, "5m"],
  ["that do not say when they end", undefined, "10m"],
])("credentials %s are good", (_, minutes, timeout) => {
  expect(lasting(minutes, timeout)).not.toThrow()
})
