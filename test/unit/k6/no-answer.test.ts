import { expect, test } from "vitest"

import { RequestFailure } from "../../../.dagger/src/monitor/request-failure.ts"

interface Script {
  unanswered: (answer: { error_code: number; error: string }) => object
}
const SCRIPT: string = "../../../.dagger/k6/no-answer.js"
const { unanswered } = (await import(SCRIPT)) as Script

// As k6 1.8.1 says it.
test.each([
  [1101, "lookup: no such host", { kind: "name-not-resolved" }],
  [1212, "dial: connection refused", { kind: "refused" }],
  [1220, "read: connection reset by peer", { kind: "reset" }],
  [1050, "request timeout", { kind: "timeout" }],
  [1211, "dial: i/o timeout", { kind: "timeout" }],
  [1310, "x509: unknown authority", { kind: "certificate", problem: "untrusted" }],
  [1311, "x509: certificate doesn't match hostname", { kind: "certificate", problem: "wrong-name" }],
  [
    1000,
    "x509: certificate has expired or is not yet valid: current time 2026-11-29T08:23:49Z is after 2026-11-28T08:23:33Z",
    { kind: "certificate", problem: "expired" },
  ],
  [
    1301,
    "tls: first record does not look like a TLS handshake",
    { kind: "tls", error: "tls: first record does not look like a TLS handshake" },
  ],
  [1010, "remote error: tls: handshake failure", { kind: "tls", error: "remote error: tls: handshake failure" }],
  [1000, "EOF", { kind: "no-answer", error: "EOF" }],
  [1000, "x".repeat(100), { kind: "no-answer", error: "x".repeat(60) }],
])("%i, %s", (error_code, error, expected) => {
  expect(unanswered({ error_code, error })).toEqual(expected)
  expect(RequestFailure.parse(expected)).toEqual(expected)
})
