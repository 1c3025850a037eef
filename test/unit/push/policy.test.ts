import { describe, expect, test } from "vitest"

import { refusalOf } from "../../../.dagger/src/push/policy.js"

describe("what cosign finds wrong with an image", () => {
  // As v3.1.3 says it.
  test.each([
    ["Error: no signatures found", "it is not signed"],
    [
      "Error: no matching attestations: failed to verify signature: could not verify envelope: accepted signatures do not match threshold, Found: 0, Expected 1",
      "its signature is of another key than the policy's",
    ],
    [
      "Error: no matching signatures: invalid signature when validating ASN.1 encoded signature",
      "its signature is of another key than the policy's",
    ],
    [
      "Error: no matching attestations: \nerror during command execution: no matching attestations: ",
      "no statement that is signed with the policy's key is attached to it",
    ],
    [
      "Error: none of the attestations matched the predicate type: https://slsa.dev/provenance/v1, found: https://sigstore.dev/cosign/sign/v1",
      "no statement that is signed with the policy's key is attached to it",
    ],
  ])("%j is a refusal", (output, refusal) => {
    expect(refusalOf(output)).toBe(refusal)
  })
  test.each([
    'Error: Get "http://localhost:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    "no answer within 120 s",
    "unauthorized: authentication required",
    "",
  ])("%j is no verdict on it", output => {
    expect(refusalOf(output)).toBeUndefined()
  })
})
