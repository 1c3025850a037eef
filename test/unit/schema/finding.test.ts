import { expect, test } from "vitest"

import { describeFinding, type Finding } from "../../../.dagger/src/schema/finding.ts"

const failure = { kind: "status", status: 500 } as const

test.each<[Finding, string]>([
  [{ kind: "no-previous-release" }, "no release runs that this module has recorded"],
  [
    { kind: "no-services" },
    "cloud-native.yaml names no database that containers could have: add it to services, and its name to ephemeral.services",
  ],
  [
    { kind: "no-expectations" },
    "the record of the running release is of an earlier version, and does not say what it answers",
  ],
  [{ kind: "nothing-asked" }, "the running release is asked nothing: its monitor.requests and its handshake are empty"],
  [{ kind: "tool", why: "k6 ended" }, "k6 ended"],
  [{ kind: "timed-out", waitedFor: "k6", seconds: 600 }, "waited 600 s for k6"],
  [
    { kind: "migration", of: "new", job: "migrate", how: "exit code 1" },
    "the migration migrate of this release failed: exit code 1",
  ],
  [
    { kind: "start", of: "running", application: "backend", how: "exit code 1" },
    "backend of the running release does not run: exit code 1",
  ],
  [
    { kind: "request", of: "new", application: "backend", request: "the tasks", failure },
    "the tasks, of backend, of this release: status 500",
  ],
  // A step of the handshake may go to the public URL.
  [{ kind: "request", of: "new", request: "sign up", failure }, "sign up, of this release: status 500"],
])("%j", (finding, text) => {
  expect(describeFinding(finding)).toBe(text)
})
