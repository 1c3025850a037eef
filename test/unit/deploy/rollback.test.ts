import { describe, expect, test } from "vitest"

import { withRecovery } from "../../../.dagger/src/deploy/rollback.ts"
import { CloudNativeError } from "../../../.dagger/src/util/errors.ts"
import { builderOf } from "./builder.ts"

test("the error says what stays of what it met, and what could not be deleted", () => {
  const failure = new CloudNativeError({ code: "ROLLOUT_FAILED", blame: "user", what: "what", why: "why", fix: "fix" })
  const builder = builderOf("1")
  builder.setRecovery({ action: "removed", left: ["Ingress web"], changedByOthers: ["Deployment web"] })
  builder.setLeftovers(["Error from server (Forbidden): no"])
  const { evidence } = withRecovery(failure, builder.report)
  expect(evidence).toContain("stays as the deployment made it: Ingress web")
  expect(evidence).toContain("somebody else changed it meanwhile, and it stays as it is: Deployment web")
  expect(evidence).toContain("could not be deleted:\n  Error from server (Forbidden): no")
})

describe("the error of a deployment that was undone ends with the cause", () => {
  const failure = new CloudNativeError({
    code: "ROLLOUT_FAILED",
    kind: "CrashLoop",
    blame: "user",
    what: "it cannot succeed",
    evidence: "pod web-1",
    why: "web: crashes",
    fix: "read its log",
  })

  test("after what was done about it", () => {
    const builder = builderOf("1")
    builder.setRecovery({ action: "rolled-back", to: "0" })
    const error = withRecovery(failure, builder.report)
    expect(error).toMatchObject({ code: "ROLLOUT_FAILED", kind: "CrashLoop", why: "web: crashes", fix: "read its log" })
    expect(error.evidence).toMatch(/^pod web-1\nrolled back to 0\nfull report: /)
    expect(error.message).toMatch(/\n {2}cause: web: crashes\n→ read its log$/)
  })

  test("and with why it could not be undone, where it could not", () => {
    const builder = builderOf("1")
    builder.setRecovery({ action: "rolled-back", to: "0", problem: "no route to host\ntried twice" })
    const error = withRecovery(failure, builder.report)
    expect(error.code).toBe("ROLLBACK_FAILED")
    expect(error.what).toBe("the deployment failed (ROLLOUT_FAILED: it cannot succeed), and could not be undone")
    expect(error.evidence).toContain("while going back (rolled back to 0):\n  no route to host\n  tried twice")
    expect(error.message).toMatch(/\n {2}cause: web: crashes\n {2}while going back: no route to host\n→ fix by hand/)
  })
})
