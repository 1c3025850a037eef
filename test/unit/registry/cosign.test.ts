import { describe, expect, test } from "vitest"

import {
  attestArgs,
  parseStatements,
  signArgs,
  verifyArgs,
  verifyAttestationArgs,
} from "../../../.dagger/src/registry/cosign.js"

describe("the command lines of cosign", () => {
  test.each([
    [true, 1],
    [false, 0],
  ])("speak plain HTTP to a registry that is a service, and only to one: %s", (plainHttp, count) => {
    const all = [
      signArgs("r/a@d", plainHttp),
      attestArgs("r/a@d", plainHttp, "t"),
      verifyArgs("r/a@d", plainHttp),
      verifyAttestationArgs("r/a@d", plainHttp, "t"),
    ]
    for (const args of all) expect(args.filter(argument => argument === "--allow-http-registry")).toHaveLength(count)
  })
  test("of a signature name no service that would be asked over the network", () => {
    const offline = ["--signing-config=/signing-config.json", "--trusted-root=/trusted-root.json"]
    for (const args of [signArgs("r/a@d", false), attestArgs("r/a@d", false, "t")])
      expect(args).toEqual(expect.arrayContaining(offline))
    for (const args of [verifyArgs("r/a@d", false), verifyAttestationArgs("r/a@d", false, "t")])
      expect(args).toEqual(expect.arrayContaining(["--key=/cosign.pub", "--insecure-ignore-tlog=true"]))
  })
})

describe("signed statements", () => {
  const line = (statement: unknown) =>
    JSON.stringify({
      payloadType: "application/vnd.in-toto+json",
      payload: Buffer.from(JSON.stringify(statement)).toString("base64"),
      signatures: [],
    })
  test("are read, an envelope a line", () => {
    expect(parseStatements(`${line({ a: 1 })}\n${line({ b: 2 })}\n`)).toEqual([{ a: 1 }, { b: 2 }])
    expect(parseStatements("")).toEqual([])
  })
  test.each([
    "verified!",
    "{}",
    JSON.stringify({ payload: "%%%" }),
    JSON.stringify({ payload: Buffer.from("no JSON").toString("base64") }),
  ])("that cannot be parsed are an error, never a pass: %s", output => {
    expect(() => parseStatements(output)).toThrow("BUG")
  })
})
