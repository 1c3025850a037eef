import { describe, expect, test } from "vitest"

import { dotenvText, parseDotenv } from "../../../.dagger/src/util/dotenv.js"

describe("a dotenv file", () => {
  test.each<[string, string, Record<string, string>]>([
    ["plain values", "A=1\nB = two words \nC=", { A: "1", B: "two words", C: "" }],
    ["comments and blank lines", "# first\n\nA=1 # not part\nB=x\t# nor this\n  # last", { A: "1", B: "x" }],
    ["export", "export A=1", { A: "1" }],
    [
      "an address",
      "URL=postgresql://app:p%40ss@host:5432/app?sslmode=require",
      { URL: "postgresql://app:p%40ss@host:5432/app?sslmode=require" },
    ],
    ["base64 with padding", "KEY=c2VjcmV0Cg==", { KEY: "c2VjcmV0Cg==" }],
    [
      "quotes",
      `A="1 # 2"\nB='it is "x" \\n'\nC=\`both " and '\` # comment`,
      { A: "1 # 2", B: 'it is "x" \\n', C: `both " and '` },
    ],
    ["a line break in double quotes", String.raw`A="one\ntwo"`, { A: "one\ntwo" }],
    [
      "a value over several lines",
      `PEM="-----BEGIN-----\nabc\n-----END-----"\nB=1`,
      { PEM: "-----BEGIN-----\nabc\n-----END-----", B: "1" },
    ],
    ["dollars stay", "A=$HOME\nB='${X}'", { A: "$HOME", B: "${X}" }],
    ["dollars before another key in single quotes", "A=1\nB='$A'", { A: "1", B: "$A" }],
    ["a dollar before a longer name than a key", "A=1\nB=x$AB", { A: "1", B: "x$AB" }],
    ["a dollar behind a backslash", "A=1\nB=\\$A", { A: "1", B: "\\$A" }],
    ["a file in base64", Buffer.from("A=1\n# two\nB=2\n").toString("base64"), { A: "1", B: "2" }],
    [
      "a file in base64 over several lines, which ends in ==",
      Buffer.from("DATABASE_URL=postgresql://app@db/app\nB=12\n").toString("base64").replace(/.{20}/g, "$&\n"),
      { DATABASE_URL: "postgresql://app@db/app", B: "12" },
    ],
    ["a key that looks like base64", "QUJDREVGR0hJSktM=", { QUJDREVGR0hJSktM: "" }],
    ["line ends and mark of Windows", "\uFEFFA=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["the mark of Windows within a value, which is a part of it", "A=1\uFEFF2", { A: "1\uFEFF2" }],
  ])("%s", (_, text, expected) => {
    expect(parseDotenv(text)).toEqual(expected)
  })

  test.each([
    ["empty", "", "it has no line like KEY=value"],
    ["only comments", "# A=1\n\n", "it has no line like KEY=value"],
    ["a line that is no assignment", "A=1\nhunter2\nB=2", "line 2 is not like"],
    ["a key with a dash", "A=1\nhunter2-B=2", "line 2 is not like"],
    ["a key that begins with a digit", "1hunter2=2", "line 1 is not like"],
    ["a quote that does not end", 'A=1\nB="hunter2\nC=3', "line 2 is not like"],
    ["text after a quote", 'A="hunter2"x', "line 1 is not like"],
    ["a # that may or may not be a comment", "A=hunter2#x", "line 1 is not like"],
    ["a value that is only that", "A=#hunter2", "line 1 is not like"],
    ["a line after a value of several", 'A="1\n2"\nhunter2', "line 3 is not like"],
    ["a key twice", "A=hunter2\nB=1\nA=hunter2", "line 3 sets A a second time"],
    ["a value of others", "A=1\nURL=postgresql://${A}:hunter2@db", "line 2 sets URL to a value with ${…} in it"],
    ["a value of others in double quotes", 'A="${B:-hunter2}"', "put it in single quotes"],
    [
      "a value of others without braces",
      "URL=postgresql://$A:hunter2@db\nA=1",
      "line 1 sets URL to a value with $A in it",
    ],
    [
      "a value of others without braces, in double quotes",
      'A=hunter2\nB="$A"',
      "line 2 sets B to a value with $A in it",
    ],
    ["base64 of something else", `${"hunter2A".repeat(40)}=`, "a key of 320 characters"],
    [
      "a file in base64, twice",
      Buffer.from(Buffer.from("A=hunter2\nB=12\n").toString("base64")).toString("base64"),
      "encoded twice",
    ],
    ["text in base64", Buffer.from("the password is hunter2").toString("base64"), "no line like KEY=value"],
    ["JSON", '{"A": "hunter2"}', "line 1 is not like"],
  ])("is refused, without a value in the error: %s", (_, text, why) => {
    expect(() => parseDotenv(text)).toThrow(why)
    expect(() => parseDotenv(text)).not.toThrow("hunter2")
  })
})

describe("what an error of a dotenv file says", () => {
  test.each([
    ["A", "line 1 is not like KEY=value"],
    [`${"A".repeat(254)}=1`, "line 1 sets a key of 254 characters"],
    ["\n# nothing\n", "it has no line like KEY=value"],
  ])("%.10j", (text, why) => {
    expect(() => parseDotenv(text)).toThrow(
      expect.objectContaining({
        code: "SECRETS_INVALID",
        blame: "user",
        what: "the dotenv of --secrets cannot be used",
        why: expect.stringContaining(why) as string,
        fix: expect.stringMatching(/^pass lines like KEY=value, for example with --secrets=file:/) as string,
      }),
    )
  })

  test("which argument it was given by", () => {
    expect(() => parseDotenv("A", "--build-secrets")).toThrow(
      /the dotenv of --build-secrets cannot be used[^]*with --build-secrets=file:PATH/,
    )
  })

  test("a key may have 253 characters, as in a Secret", () => {
    expect(Object.keys(parseDotenv(`${"A".repeat(253)}=1`))).toEqual(["A".repeat(253)])
  })
})

describe("a dotenv file in base64 is read where what it stands for begins like one", () => {
  const encoded = (text: string) => Buffer.from(text).toString("base64")
  test.each<[string, boolean]>([
    ["# the settings\nA=1", true],
    ["  \n  KEY = value1", true],
    ["export  KEY=value1", true],
    ["export KEY=value12", true],
    ["a sentence with KEY=value", false],
    ["nothing-of-it at all", false],
    ["-# not a comment here", false],
  ])("%j: %s", (text, isRead) => {
    expect(dotenvText(encoded(text))).toBe(isRead ? text : encoded(text))
  })

  test("as it is where it is not in base64", () => {
    expect(dotenvText("A=1")).toBe("A=1")
  })
})
