import { expect, test } from "vitest"

import { excerpt, printable } from "../../../.dagger/src/util/printable.ts"

test.each([
  ["a colour", "\u001b[31merror\u001b[0m: no", "error: no"],
  ["a title of the terminal", "\u001b]0;title\u0007text", "text"],
  ["a link", "\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\", "text"],
  ["a title that never ends", "\u001b]0;title\nthe cause", "\nthe cause"],
  ["a line that overwrites itself", "10 %\r20 %\tdone\u0008", "10 %20 %\tdone"],
  ["a command of GitHub's runner", "  ::set-output name=a::b", "  : :set-output name=a::b"],
  ["an old command of GitHub's runner", "text ##[add-mask]a", "text ## [add-mask]a"],
  ["a command behind a carriage return and a colour", "\r\u001b[31m::error::a", ": :error::a"],
  ["a command in pieces", "#\u0000#\u001b[0m[group]a", "## [group]a"],
  ["two colons in a text", "std::vector", "std::vector"],
  ["line ends of Windows", "a\r\nb", "a\nb"],
  ["a line that is just short enough", "x".repeat(500), "x".repeat(500)],
  ["a long line", "x".repeat(600), `${"x".repeat(500)}…`],
])("%s", (_, text, expected) => expect(printable(text, clean => clean)).toBe(expected))

test("what is cut off has been redacted before", () => {
  const line = `${"x".repeat(498)}secret`
  expect(printable(line, text => text.replace("secret", "***"))).toBe(`${"x".repeat(498)}**…`)
})

test("a message is cut as a whole", () => {
  expect(excerpt(` ${"x".repeat(300)}\n\u001b[1m${"y".repeat(300)}`)).toBe(`${"x".repeat(250)} … ${"y".repeat(250)}`)
  expect(excerpt("##[error]no\n::error::no")).toBe("## [error]no\n: :error::no")
})

test("a message that is just short enough is whole", () => {
  expect(excerpt("x".repeat(500))).toBe("x".repeat(500))
})
