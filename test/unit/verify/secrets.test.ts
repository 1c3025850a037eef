import { describe, expect, test } from "vitest"

import { givenRow, patternsOf, valuesOf } from "../../../.dagger/src/verify/given.js"
import { assertNoLeaks, leaksRow, placeInImage, readLeaks } from "../../../.dagger/src/verify/leaks.js"

const REPORT = [{ RuleID: "github-pat", File: "3/app/.env", StartLine: 2, Secret: "REDACTED", Match: "REDACTED" }]

describe("a report of gitleaks", () => {
  test("is read by rule and place", () => {
    expect(readLeaks(0, JSON.stringify(REPORT), "")).toEqual([{ RuleID: "github-pat", File: "3/app/.env", StartLine: 2 }])
    expect(readLeaks(0, "[]", "")).toEqual([])
  })

  test.each([
    ["a run that failed", 1, "[]", "cannot open", "exit code 1"],
    ["no report", 0, "", "", "cannot be read"],
    ["a report of another shape", 0, '[{"rule":"x"}]', "", "cannot be read"],
  ])("is an error for %s", (_, exitCode, stdout, stderr, why) => {
    expect(() => readLeaks(exitCode, stdout, stderr)).toThrow(new RegExp(`^TOOL_FAILED: gitleaks[^]*${why}`))
  })

  test("becomes a row that names rule, layer and path", () => {
    const leaks = readLeaks(0, JSON.stringify([...REPORT, { ...REPORT[0], File: "environment", StartLine: 1 }]), "")
    expect(leaksRow("the layers", leaks, placeInImage)).toMatchObject({
      verdict: "fail", actual: "2 found", findings: ["github-pat: layer 3: /app/.env:2", "github-pat: environment:1"],
    })
    expect(leaksRow("the layers", [], placeInImage)).toMatchObject({ verdict: "pass", actual: "none found", findings: [] })
  })

  test("of a source is an error that names rule and path, unless it is empty", () => {
    expect(() => assertNoLeaks([{ RuleID: "github-pat", File: "app/.env", StartLine: 2 }])).toThrow(/^SECRETS_FOUND[^]*github-pat: app\/.env:2/)
    expect(() => assertNoLeaks([])).not.toThrow()
  })
})

describe("the values of a given secret", () => {
  const kubeconfig = "apiVersion: v1\nusers:\n- name: me\n  user:\n    token: abcdefghij\n    client-key-data: LS0tLS1CRUdJ\nclusters:\n- cluster: { server: https://k8s }\n"
  test.each([
    ["one value", "hunter2hunter2", ["hunter2hunter2"]],
    ["a dotenv", "# prod\nA=first\nexport B='second one'\n", ["# prod\nA=first\nexport B='second one'\n", "first", "second one"]],
    ["a kubeconfig", kubeconfig, [kubeconfig, "abcdefghij", "LS0tLS1CRUdJ"]],
  ])("are those of %s", (_, text, values) => {
    expect(valuesOf(text)).toEqual(values)
  })

  test("are looked for in every form", () => {
    const value = "p@ss?w/o rd~ÿ>1"
    const bytes = Buffer.from(value)
    const forms = [value, bytes.toString("base64"), bytes.toString("hex"), encodeURIComponent(value)]
    expect(patternsOf([value])).toEqual(expect.arrayContaining(forms))
  })

  test("with several lines are looked for by their longest one: grep looks for lines", () => {
    const patterns = patternsOf(["-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END KEY-----"])
    expect(patterns).toContain("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC")
    expect(patterns.join("")).not.toContain("\n")
  })

  test("are not looked for when they are so short that they would be found everywhere", () => {
    expect(patternsOf(["true", "8000", ""])).toEqual([])
  })

  test.each([
    [0, [], "not checked", []],
    [2, [], "pass", []],
    [2, ["3/app/config.js"], "fail", ["a secret that was given: layer 3: /app/config.js"]],
  ])("%d given, found in %j: %s", (given, files, verdict, findings) => {
    const row = givenRow(given, files)
    expect({ verdict: row.verdict, findings: row.findings ?? [] }).toEqual({ verdict, findings })
  })
})
