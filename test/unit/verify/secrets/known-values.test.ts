import { describe, expect, test } from "vitest"

import { givenRow, isTelling, patternsOf, valuesOf } from "../../../../.dagger/src/verify/secrets/known-values.js"

describe("the values of a given secret", () => {
  const kubeconfig =
    "apiVersion: v1\nusers:\n- name: me\n  user:\n    token: abcdefghij\n    client-key-data: LS0tLS1CRUdJ\nclusters:\n- cluster: { server: https://k8s }\n"
  test.each([
    ["one value", "hunter2hunter2", [{ value: "hunter2hunter2" }]],
    ["one value in base64", "aHVudGVyMmh1bnRlcg==", [{ value: "aHVudGVyMmh1bnRlcg==" }]],
    [
      "a dotenv",
      "# prod\nA=first # note\nexport B='second one'\n",
      [
        { key: "A", value: "first" },
        { key: "B", value: "second one" },
      ],
    ],
    [
      "a dotenv with a value of several lines",
      'A=first\nKEY="one\ntwo"\n',
      [
        { key: "A", value: "first" },
        { key: "KEY", value: "one\ntwo" },
      ],
    ],
    ["a kubeconfig", kubeconfig, [{ value: "abcdefghij" }, { value: "LS0tLS1CRUdJ" }]],
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

  test.each([
    ["true", false],
    ["", false],
    ["letmein!", true],
    ["production", true],
  ])("%j, a Secret by itself, is looked for: %s", (value, expected) => {
    expect(isTelling({ value })).toBe(expected)
  })
  test.each([
    ["8000", false],
    ["production", false],
    ["20261124", false],
    ["Europe/Berlin", false],
    ["hunter2hunter2", true],
    ["correct-horse-battery", true],
  ])("%j, beside settings in a dotenv, is looked for: %s", (value, expected) => {
    expect(isTelling({ key: "KEY", value })).toBe(expected)
  })

  test.each([0, 1, 2, 30, 50, 57])("are found in base64 that is broken into lines, after %d other bytes", before => {
    const value = "postgresql://app:7h5Jq0mZr9TvB4nWc8@db.example.com:5432/app"
    const wrapped = Buffer.from("x".repeat(before) + value)
      .toString("base64")
      .replace(/.{76}/g, "$&\n")
      .split("\n")
    expect(patternsOf([value]).some(pattern => wrapped.some(line => line.includes(pattern)))).toBe(true)
  })

  const telling = { value: "hunter2hunter2" }
  const short = { key: "A", value: "1" }
  test.each([
    [[], [], { verdict: "not checked" }],
    [[short], [], { verdict: "not checked", how: "1 too short or too plain to look for" }],
    [
      [telling, short],
      [],
      {
        verdict: "pass",
        how: "1 values: plain, base64, hexadecimal, URL-encoded; 1 too short or too plain to look for",
      },
    ],
    [
      [telling],
      [{ path: "3/app/config.js" }],
      { verdict: "fail", findings: ["a secret that was given: layer 3: /app/config.js"] },
    ],
    [
      [telling],
      [{ key: "TOKEN", path: "environment" }],
      { verdict: "fail", findings: ["TOKEN of a secret that was given: environment"] },
    ],
    [
      [telling],
      [
        { key: "NEXT_SERVER_ACTIONS_ENCRYPTION_KEY", path: "3/app/.next/server/server-reference-manifest.json" },
        { key: "NEXT_SERVER_ACTIONS_ENCRYPTION_KEY", path: "3/app/.next/server/app/page/server-reference-manifest.js" },
      ],
      { verdict: "pass", actual: "none found", how: expect.stringContaining("is where Next.js itself puts it") },
    ],
    [
      [telling],
      [
        { key: "NEXT_SERVER_ACTIONS_ENCRYPTION_KEY", path: "3/app/.next/static/a-manifest.js" },
        { key: "TOKEN", path: "3/app/.next/server/server-reference-manifest.json" },
      ],
      {
        verdict: "fail",
        findings: [
          "NEXT_SERVER_ACTIONS_ENCRYPTION_KEY of a secret that was given: layer 3: /app/.next/static/a-manifest.js",
          "TOKEN of a secret that was given: layer 3: /app/.next/server/server-reference-manifest.json",
        ],
      },
    ],
  ])("%j, found in %j: %j", (values, found, expected) => {
    expect(givenRow(values, found)).toMatchObject(expected)
  })
})
