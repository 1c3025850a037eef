import { describe, expect, test } from "vitest"

import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import {
  entriesOf,
  fieldsOf,
  fillSecretValues,
  holdsSecretValues,
  literalsOf,
  markOf,
  secretValueProblems,
} from "../../../.dagger/src/manifests/secret-values.ts"
import { problemsOf } from "./rules/problems.ts"

const base64 = (text: string) => Buffer.from(text).toString("base64")
const secret = (...fields: string[]) => ["apiVersion: v1\nkind: Secret\nmetadata: { name: s }", ...fields].join("\n")
const configMap = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: ${data}`
const objectOf = (text: string) => parseManifests([{ name: "app.yaml", text }])[0]!.object

const PASSWORD = markOf("PASSWORD")

describe("the values of a Secret, in plain", () => {
  test.each([
    ["in base64", base64("hello"), "hello"],
    ["in base64 of several lines", `"aGVs\\nbG8=\\n"`, "hello"],
    ["in base64 without filling", "aGVsbG8h", "hello!"],
    ["that are no base64, which the API server refuses", "p@ssword", "p@ssword"],
    ["that only end as base64 does", `"a-b YQ=="`, "a-b YQ=="],
    ["that only begin as base64 does", `"YQ== a-b"`, "YQ== a-b"],
  ])("%s", (_, written, text) => {
    expect(entriesOf(objectOf(secret(`data: { A: ${written} }`))).map(entry => entry.text)).toEqual([text])
  })

  test("are literal, unless they are empty or come from --secrets", () => {
    const fields = [
      `data: { A: ${base64("a")}, B: ${base64(PASSWORD)} }`,
      `stringData: { C: c, D: "", E: "x${PASSWORD}" }`,
    ]
    expect(literalsOf(objectOf(secret(...fields)))).toEqual(["a", "c"])
    expect(literalsOf(objectOf(configMap("{ A: a }")))).toEqual([])
  })
})

test.each([
  ["a Secret with a mark", secret(`stringData: { A: ${PASSWORD}, B: b }`), true],
  ["a Secret without", secret("stringData: { A: a }"), false],
  ["a ConfigMap, which may not", configMap(`{ A: ${PASSWORD} }`), false],
])("takes values of --secrets: %s", (_, text, holds) => {
  expect(holdsSecretValues(parseManifests([{ name: "app.yaml", text }])[0]!)).toBe(holds)
})

describe("values are put in", () => {
  test.each([
    ["in place of the mark", `stringData: { A: ${PASSWORD} }`, { stringData: { A: "hunter2" } }],
    ["within a text", `stringData: { A: "db://a:${PASSWORD}@db" }`, { stringData: { A: "db://a:hunter2@db" } }],
    ["in base64", `data: { A: ${base64(PASSWORD)} }`, { data: { A: base64("hunter2") } }],
    ["but not where none is given", `stringData: { A: ${markOf("OTHER")} }`, { stringData: { A: markOf("OTHER") } }],
    ["and nothing else is written anew", `data: { A: "YQ==\\n" }`, { data: { A: "YQ==\n" } }],
  ])("%s", (_, fields, expected) => {
    const object = objectOf(secret(fields))
    fillSecretValues(object, { PASSWORD: "hunter2" })
    expect(object).toEqual({ apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, ...expected })
  })
})

test("fields are compared in plain, and whatever edition of the mark they have", () => {
  const edition = (mark: string) =>
    fieldsOf(objectOf(secret(`data: { A: ${base64(`x${mark}`)} }`, `stringData: { B: ${mark}, C: c }`)))
  expect([...edition(markOf("PASSWORD", "b"))]).toEqual([
    ["apiVersion", '"v1"'],
    ["kind", '"Secret"'],
    ["metadata.name", '"s"'],
    ["data.A", `"x${PASSWORD}"`],
    ["stringData.B", `"${PASSWORD}"`],
    ["stringData.C", '"c"'],
  ])
  expect(edition(markOf("PASSWORD", "b"))).toEqual(edition(PASSWORD))
})

describe("where the values of --secrets go: only into Secrets, as they are", () => {
  const found = (text: string, secrets?: Record<string, string>) =>
    problemsOf(({ manifests }) => secretValueProblems(manifests, secrets), text)

  test.each<[why: string, text: string, secrets?: Record<string, string>]>([
    ["the value alone, whatever it is", secret(`stringData: { A: ${PASSWORD} }`), { PASSWORD: `a"b'c\\d\ne` }],
    ["within a text, a value that needs no quotes", secret(`stringData: { A: x${PASSWORD} }`), { PASSWORD: "a b:c" }],
    ["none given yet: before the build", secret(`stringData: { A: ${PASSWORD} }`)],
    ["no marks", configMap("{ A: a }"), {}],
  ])("passes: %s", (_, text, secrets) => {
    expect(found(text, secrets)).toEqual([])
  })

  test("fails: a value that is not given", () => {
    expect(found(secret("stringData:", `  A: ${PASSWORD}`), { OTHER: "a" })).toEqual([
      {
        code: "SECRET_VALUE_MISSING",
        at: `A: ${PASSWORD}`,
        what: "Secret s: A is made of PASSWORD, which --secrets does not give",
        fix: "add PASSWORD to the file of --secrets; on an ephemeral cluster, to ephemeral.secrets or ephemeral.random of cloud-native.yaml",
      },
    ])
  })

  test.each([`a"b`, "a'b", "a\\b", "a\nb"])("fails: within a text, the value %j", PASSWORD_ => {
    expect(found(secret("stringData:", `  A: x${PASSWORD}`), { PASSWORD: PASSWORD_ })).toEqual([
      {
        code: "SECRET_VALUE_UNFIT",
        at: `A: x${PASSWORD}`,
        what: "Secret s: A is a text around PASSWORD, whose value has quotes, a backslash or several lines: it would have to be written another way there",
        fix: "let A be the value alone, or choose a value without them",
      },
    ])
  })

  test.each([
    [
      "Secret",
      "metadata.annotations.url",
      secret().replace("name: s", `name: s, annotations: { url: ${PASSWORD} }`),
      "s",
      "url:",
    ],
    ["ConfigMap", "data.url", configMap(`{ url: ${PASSWORD} }`), "c", "url:"],
  ])("fails: in a %s, %s", (kind, field, text, name, at) => {
    expect(found(text, { PASSWORD: "a" })).toEqual([
      {
        code: "SECRET_EXPOSED",
        at: `${at} ${PASSWORD}`,
        what: `${kind} ${name}: ${field} would show the value of PASSWORD to all who may read the ${kind}`,
        fix: "let the chart put it into a Secret, and refer to that by secretKeyRef",
      },
    ])
  })
})
