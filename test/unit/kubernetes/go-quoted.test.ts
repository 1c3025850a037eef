import { expect, test } from "vitest"

import { parseGoQuoted } from "../../../.dagger/src/kubernetes/go-quoted.js"

test.each([
  ["plain text", '"a"', "a"],
  ["what both quote alike", '"\\"\\\\ \\n\\t\\u00e9"', '"\\ \n\té'],
  ["a control character", '"\\x1b[31m"', "\u001b[31m"],
  ["a bell and a vertical tab", '"\\a\\v"', "\u0007\u000b"],
  ["a character of eight digits", '"\\U0001f600"', "😀"],
  ["a backslash before an x that is no escape", '"C:\\\\x41"', "C:\\x41"],
])("%s", (_, text, expected) => {
  expect(parseGoQuoted(text)).toBe(expected)
})
