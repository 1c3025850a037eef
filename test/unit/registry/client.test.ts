import { describe, expect, test } from "vitest"

import { registryFailed, remedyOf, takesNoReferrers, ToolFailed } from "../../../.dagger/src/registry/client.js"

describe("what a tool says", () => {
  test.each([
    ["unauthorized: authentication required", "--username and --password"],
    ["failed to resolve digest: basic credential not found", "--username and --password"],
    ["response status code 403: Forbidden", "--username and --password"],
    ["localhost:5000/nope:1: not found", "no such image"],
    ["dial tcp 127.0.0.1:1: connect: connection refused", "is up and can be reached"],
    ["signing digest: getting signer: reading key: decrypt: encrypted: decryption failed", "--signing-password"],
    ["signing digest: getting signer: reading key: unsupported pem type: RSA PRIVATE KEY", "--signing-key"],
    ["no answer within 120 s", "is up and can be reached"],
  ])("%s: the fix", (output, fix) => {
    expect(remedyOf(output)).toContain(fix)
  })
  test.each([
    [
      'Error response from registry: recognizable error message not found: PUT "https://r/v2/a/manifests/sha256:1": response status code 405: Method Not Allowed',
      true,
    ],
    ['PUT "https://r/v2/a/manifests/sha256:1": response status code 400: Bad Request', true],
    ["Error response from registry: manifest invalid: manifest invalid", true],
    ["Error response from registry: unsupported: The operation is unsupported.", true],
    ['POST "https://r/v2/a/blobs/uploads/": response status code 400: Bad Request', false],
    ['PUT "https://r/v2/a/manifests/sha256:1": response status code 403: Forbidden', false],
    ['PUT "https://r/v2/a/manifests/sha256:1": response status code 500: Internal Server Error', false],
    ["unauthorized: authentication required", false],
    ["no answer within 120 s", false],
    ["", false],
  ])("%j: the registry takes no attachments: %s", (output, expected) => {
    expect(takesNoReferrers(new ToolFailed(1, output))).toBe(expected)
  })
  test("is not said by any other error: manifest invalid", () => {
    expect(takesNoReferrers(new TypeError("manifest invalid"))).toBe(false)
  })
  test("becomes an error about the registry; any other error stays what it is", () => {
    expect(registryFailed("it cannot be found", new ToolFailed(1, "not found"))).toMatchObject({
      code: "REGISTRY_FAILED",
      what: "it cannot be found",
      why: "not found",
    })
    const other = new TypeError("a bug")
    expect(registryFailed("it cannot be found", other)).toBe(other)
  })
})
