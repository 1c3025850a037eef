import { describe, expect, test } from "vitest"

import { isRedactable, redact, Redactor } from "../../../.dagger/src/util/redact.js"

const SECRET = "p@ss?w/o rd~ÿ>1"
const bytes = Buffer.from(SECRET)

describe("a secret is not readable in any of its forms", () => {
  test.each([
    ["plain", SECRET],
    ["base64", bytes.toString("base64")],
    ["base64url", bytes.toString("base64url")],
    ["hex", bytes.toString("hex")],
    ["upper-case hex", bytes.toString("hex").toUpperCase()],
    ["URL-encoded", encodeURIComponent(SECRET)],
    ["form-encoded", new URLSearchParams({ p: SECRET }).toString().slice(2)],
    ["URL-encoded in small letters", "p%40ss%3fw%2fo%20rd~%c3%bf%3e1"],
    ["URL-encoded as Python's quote does", "p%40ss%3Fw/o%20rd~%C3%BF%3E1"],
    ["in Go's JSON", "p@ss?w/o rd~ÿ\\u003e1"],
    ["in PHP's JSON", "p@ss?w\\/o rd~\\u00ff>1"],
    ["in HTML", "p@ss?w/o rd~ÿ&gt;1"],
  ])("%s", (_, form) => {
    expect(redact(`before ${form} after`, [SECRET])).toBe("before *** after")
  })

  test("as JSON", () => {
    const secret = 'two\nlines and a "quote"'
    expect(redact(JSON.stringify({ secret }), [secret])).toBe('{"secret":"***"}')
    expect(redact(JSON.stringify({ line: JSON.stringify({ secret }) }), [secret])).toBe(
      String.raw`{"line":"{\"secret\":\"***\"}"}`,
    )
  })

  test.each([
    ["as Python shows it", String.raw`'it\'s "one"'`],
    ["in HTML", "'it&#39;s &#34;one&#34;'"],
    ["in another HTML", "'it&#x27;s &quot;one&quot;'"],
  ])("with quotes, %s", (_, text) => expect(redact(text, [`it's "one"`])).toBe("'***'"))

  test.each([76, 64])("base64 in lines of %i characters", length => {
    const secret = `${SECRET} `.repeat(20)
    const lines = Buffer.from(secret)
      .toString("base64")
      .match(new RegExp(`.{1,${length}}`, "g"))!
    expect(redact(lines.join("\n"), [secret])).toBe(lines.map(() => "***").join("\n"))
  })

  test.each(["u", "us", "user", "users"])("in the base64 of what has %j before it", prefix => {
    const clean = redact(Buffer.from(`${prefix}:${SECRET}:tail`).toString("base64"), [SECRET])
    expect(clean).toContain("***")
    expect(Buffer.from(clean.replace("***", ""), "base64").toString("latin1")).not.toContain("ss?w/o")
  })
})

test("of a secret that contains another one nothing is left", () => {
  expect(redact("abcdef-ghi", ["abcdef", "abcdef-ghi"])).toBe("***")
})

test("what is not secret stays, and so does everything when there is no secret", () => {
  expect(redact("status 200 of abc", ["xyz", ""])).toBe("status 200 of abc")
})

test("a secret of one letter does not take its encodings, which occur anywhere", () => {
  expect(redact("61 YQ", ["a"])).toBe("61 YQ")
})

test.each([
  ["\n", "\n"],
  ["\r\n", "\r\n"],
  ["\r", "\r"],
  ["\\n, which the application breaks", "\\n"],
])("each line of a value is redacted, but for lines that are no secret by themselves: %j", (_, end) => {
  const key = ["-----BEGIN KEY-----", "MIIEvQIBADANBg", "short", ""].join(end)
  expect(redact("got MIIEvQIBADANBg of a short key", [key])).toBe("got *** of a short key")
})

test.each(["", "abc", "5432", "true", " true ", "production", "postgres"])(
  "%j is too short or too plain to be redacted",
  value => {
    expect(isRedactable(value)).toBe(false)
    expect(redact(`status ${value}`, [value])).toBe(`status ${value}`)
  },
)

test.each(["abcd", "123456", "correct horse"])("%j is redacted", value => expect(isRedactable(value)).toBe(true))

test("the names of a release stay, which its reports are full of", () => {
  const redactor = new Redactor(["shop", "tasks-db", "queue", "hunter22"], undefined, [
    "shop",
    "tasks-db",
    "shop-queue",
  ])
  expect(redactor.values).toEqual(["hunter22"])
  expect(redactor.forOtherSecrets().redactable(["shop", "shopkeeper"])).toEqual(["shopkeeper"])
})

test.each([
  ["as Python's quote writes it", "a(b)!c*d'e", "a%28b%29%21c%2Ad%27e"],
  ["in HTML", "a&b<c>d", "a&amp;b&lt;c&gt;d"],
  ["without the spaces around it", " hunter22 ", "hunter22"],
  ["a line of it, without the spaces around it", "  hunter22  \n-", "hunter22"],
])("a secret with marks or spaces is redacted: %s", (_, secret, written) => {
  expect(redact(`it is ${written}.`, [secret])).toBe("it is ***.")
})

test("the end of a secret's base64, which may be a word, stays", () => {
  const secret = `${"x".repeat(57)}abc`
  expect(Buffer.from(secret).toString("base64")).toMatch(/^.{76}YWJj$/)
  expect(redact("YWJj", [secret])).toBe("YWJj")
})

test("of the lines of a value those of eight characters are redacted too", () => {
  expect(redact("12345678 and abcdefg", ["12345678\nabcdefg"])).toBe("*** and abcdefg")
})

test.each([
  ["a name of several words", "shop.example-two", "example"],
  ["a value with spaces around it", "shop", " shop "],
])("the words of a release's names stay: %s", (_, name, value) => {
  const redactor = new Redactor([value, "hunter22"], undefined, [name])
  expect(redactor.values).toEqual(["hunter22"])
  expect(redactor.redact(`${name}: hunter22, hunter22`)).toBe(`${name}: ***, ***`)
})

test.each([
  ["app-secrets-", "app-secrets-0a1b2c3d4e", true],
  ["app-secrets-", "app-secrets-0a1b2c3d4e5", false],
  ["app-secrets-", "app-secrets-0a1b2c3d4", false],
  ["app-secrets-", "app-secrets-0a1b2c3d4x", false],
  ["app-secrets-", `other-secrets-${"0a1b2".repeat(2)}`, false],
  ["app-secrets-", "db-app-secrets-0a1b2c3d4e", false],
  ["app-secrets-", `web-secrets-${"0a1b2".repeat(2)}`, false],
  [undefined, "app-secrets-0a1b2c3d4e", false],
])("with the prefix %j the values of the Secret %s are known: %s", (prefix, secret, known) => {
  const redactor = new Redactor([], prefix)
  expect(redactor.knows(secret)).toBe(known)
  expect(redactor.forOtherSecrets().knows(secret)).toBe(false)
})
