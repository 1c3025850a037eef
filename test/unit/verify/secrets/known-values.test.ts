import { describe, expect, test } from "vitest"

import { formsOf } from "../../../../.dagger/src/util/redact.js"
import { givenRow, isTelling, patternsOf, valuesOf } from "../../../../.dagger/src/verify/secrets/known-values.js"

describe("the values of a given secret", () => {
  const kubeconfig =
    "apiVersion: v1\nusers:\n- name: me\n  user:\n    token: abcdefghij\n    client-key-data: LS0tLS1CRUdJ\nclusters:\n- cluster: { server: https://k8s }\n"
  test.each<[string, string, object[]]>([
    ["one value", "hunter2hunter2", [{ value: "hunter2hunter2" }]],
    ["one value in base64", "aHVudGVyMmh1bnRlcg==", [{ value: "aHVudGVyMmh1bnRlcg==" }]],
    // The bytes of a key, which are no text, after a name as a dotenv has it.
    ...["q83vASNFZ4mrze8BI0VniQ==", "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="].map(
      (value): [string, string, object[]] => [`one key in base64 (${value})`, value, [{ value }]],
    ),
    [
      "a dotenv with an empty value",
      "A=\nB=second\n",
      [
        { key: "A", value: "" },
        { key: "B", value: "second" },
      ],
    ],
    [
      "a kubeconfig of which parts are empty, or another's",
      "users:\n- name: me\n  user:\n    token: { password: abcdefghij }\n    password: 12345678\n- name: other\n  user:\n",
      [{ value: "abcdefghij" }],
    ],
    ["a text that is no YAML", "a: b: c", [{ value: "a: b: c" }]],
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

  test("are looked for without the space around them", () => {
    expect(patternsOf([" hunter2hunter2\n"])).toEqual(patternsOf(["hunter2hunter2"]))
  })

  test("of several values are looked for once each", () => {
    const patterns = patternsOf(["hunter2hunter2", "correct-horse", "hunter2hunter2"])
    expect(patterns).toEqual([...patternsOf(["hunter2hunter2"]), ...patternsOf(["correct-horse"])])
  })

  test("are not looked for in forms that are everywhere, as of lines of less than 8 characters", () => {
    expect(patternsOf(["hunter2\nh2"])).not.toContain("hunter2")
    expect(patternsOf(["hunter2\nh2"])).toContain(Buffer.from("hunter2").toString("hex"))
    expect(patternsOf(["hunter22\nh2"])).toContain("hunter22")
  })

  test.each([8, 30, 47])("of %d bytes are looked for as a whole, since a piece of them says too little", length => {
    const value = "x7Kq2mZr9TvB4nWc8LdY".repeat(3).slice(0, length)
    expect(patternsOf([value])).toEqual(formsOf(value))
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
    ["   true   \n", false],
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
    ["correct-horse-batter", true],
    ["correct-horse-batte", false],
  ])("%j, beside settings in a dotenv, is looked for: %s", (value, expected) => {
    expect(isTelling({ key: "KEY", value })).toBe(expected)
  })

  const URL = "postgresql://app:7h5Jq0mZr9TvB4nWc8@db.example.com:5432/app"
  test.each(
    [0, 1, 2, 30, 50, 57].flatMap(before => [URL, URL.slice(0, 48), URL + URL].map(value => ({ before, value }))),
  )("are found in base64 that is broken into lines, after $before other bytes: $value", ({ before, value }) => {
    const wrapped = Buffer.from("x".repeat(before) + value)
      .toString("base64")
      .replace(/.{76}/g, "$&\n")
      .split("\n")
    expect(patternsOf([value]).some(pattern => wrapped.some(line => line.includes(pattern)))).toBe(true)
  })

  const telling = { value: "hunter2hunter2" }
  const short = { key: "A", value: "1" }
  test.each([
    [[], [], { actual: "—", verdict: "not checked", how: "no secret was given to look for" }],
    [[short], [], { actual: "—", verdict: "not checked", how: "1 too short or too plain to look for" }],
    [
      [telling],
      [],
      { actual: "none found", verdict: "pass", how: "1 values: plain, base64, hexadecimal, URL-encoded" },
    ],
    [
      [telling],
      ["a.js", "a.js", "b.js"].map((path, index) => ({ key: `KEY_${index}`, path: `3/${path}` })),
      { actual: "in 2 files", verdict: "fail", how: "1 values: plain, base64, hexadecimal, URL-encoded" },
    ],
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
