import { expect, test } from "vitest"

import {
  countFailures,
  describeFailure,
  remedyFor,
  remedyOutside,
  RequestFailure,
} from "../../../.dagger/src/monitor/request-failure.ts"

const CASES: [RequestFailure, string, string][] = [
  [{ kind: "status", status: 502 }, "status 502", "see in the applications' logs"],
  [{ kind: "status", status: 401 }, "status 401", "signedIn: true"],
  [{ kind: "status", status: 403 }, "status 403", "signedIn: true"],
  [{ kind: "wrong-body" }, "wrong body", "compare the answer with the request's expect"],
  [{ kind: "rate-limited" }, "rate limited (status 429)", "lower the request's rate"],
  [{ kind: "refused" }, "connection refused", "preStop"],
  [{ kind: "reset" }, "connection reset", "graceful shutdown"],
  [{ kind: "timeout" }, "timeout", "what the answers wait for"],
  [{ kind: "name-not-resolved" }, "name not resolved", "the cluster's DNS"],
  [{ kind: "no-answer", error: "unexpected EOF" }, "unexpected EOF", "NetworkPolicy"],
  [
    { kind: "certificate", problem: "untrusted" },
    "certificate of an unknown authority",
    "name that in monitor.caConfigMap",
  ],
  [{ kind: "certificate", problem: "expired" }, "certificate expired, or not yet valid", "renew the certificate"],
  [{ kind: "certificate", problem: "wrong-name" }, "certificate of another name", "its host among its names"],
  [{ kind: "tls", error: "remote error: tls: handshake failure" }, "remote error: tls: handshake failure", "ciphers"],
  [
    { kind: "redirect-loop", to: "https://shop.example.com/" },
    "redirects without end, the last to https://shop.example.com/",
    "X-Forwarded-Proto",
  ],
  [
    { kind: "redirected-away", to: "https://login.example.com/" },
    "redirected to another address, https://login.example.com/",
    "set publicUrl to the address",
  ],
  [{ kind: "value-missing", path: "token" }, "the answer has no token", "capture"],
  [
    { kind: "sign-in", step: "log in", cause: { kind: "status", status: 401 } },
    "sign-in failed at log in: status 401",
    "the account of monitor.secrets",
  ],
  [
    { kind: "sign-in", step: "log in", cause: { kind: "rate-limited" } },
    "sign-in failed at log in: rate limited (status 429)",
    "another sign-in",
  ],
  [
    { kind: "sign-in", step: "log in", cause: { kind: "refused" } },
    "sign-in failed at log in: connection refused",
    "readinessProbe",
  ],
]

test("every kind of failure has a case", () => {
  const kinds = RequestFailure.options.map(({ shape }) => shape.kind.value)
  expect([...new Set(CASES.map(([{ kind }]) => kind))].sort()).toEqual([...kinds].sort())
})

test.each(CASES)("%j: its text and its remedy", (failure, text, remedy) => {
  expect(RequestFailure.parse(failure)).toEqual(failure)
  expect(describeFailure(failure)).toBe(text)
  expect(remedyFor(failure)).toContain(remedy)
})

test("failures are counted by what they say, the most frequent first", () => {
  const [refused, bad] = [{ kind: "refused" }, { kind: "status", status: 502 }] as RequestFailure[]
  expect(countFailures([refused!, bad!, { kind: "status", status: 502 }])).toEqual([
    { failure: bad, count: 2 },
    { failure: refused, count: 1 },
  ])
})

test.each<[RequestFailure, string]>([
  [{ kind: "status", status: 502 }, "preStop: sleep above its interval"],
  [{ kind: "status", status: 502 }, "headers too large"],
  [{ kind: "status", status: 503 }, "minReadySeconds"],
  [{ kind: "status", status: 504 }, "the proxy's time-out"],
  [{ kind: "status", status: 404 }, "which of its rules"],
  [{ kind: "wrong-body" }, "from a cache"],
  [{ kind: "refused" }, "host and port of publicUrl"],
  [{ kind: "reset" }, "preStop"],
  [{ kind: "timeout" }, "a pod of the cluster gets to publicUrl"],
  [{ kind: "name-not-resolved" }, "the host of publicUrl resolves in a pod of the cluster"],
  [{ kind: "no-answer", error: "EOF" }, "egress NetworkPolicy"],
  [{ kind: "certificate", problem: "untrusted" }, "monitor.caConfigMap"],
])("%j, from outside alone: its remedy", (failure, remedy) => {
  expect(remedyOutside(failure)).toContain(remedy)
})
