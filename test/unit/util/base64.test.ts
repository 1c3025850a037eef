import { describe, expect, test } from "vitest"

import { decodedText } from "../../../.dagger/src/util/base64.ts"

const KUBECONFIG = "apiVersion: v1\nkind: Config\nclusters: []\n"
const encoded = Buffer.from(KUBECONFIG).toString("base64")

test.each([
  ["a text in base64", encoded, KUBECONFIG],
  ["one over several lines", encoded.replace(/.{10}/g, "$&\r\n"), KUBECONFIG],
  ["bytes in base64", Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]).toString("base64"), undefined],
  ["bytes that are no UTF-8", Buffer.alloc(15, 0xff).toString("base64"), undefined],
  ["the text itself", KUBECONFIG, undefined],
  ["a dotenv", "ABCDEFGHIJKLMNO=\nB=1\n", undefined],
  ["a short word", "password", undefined],
])("%s", (_, text, expected) => {
  expect(decodedText(text)).toBe(expected)
})

describe("what is no base64 of a text", () => {
  const encoded = (text: string) => Buffer.from(text).toString("base64")
  test.each<[string, string, string | undefined]>([
    ["16 characters are enough", encoded("KEY=value12"), "KEY=value12"],
    ["less than 16 may be a word", encoded("KEY=value"), undefined],
    ["in lines", encoded("KEY=value12").replace(/.{4}/g, "$& \r\n"), "KEY=value12"],
    ["a length that base64 never has", "a".repeat(17), undefined],
    ["a character before it", `!${"a".repeat(19)}`, undefined],
    ["a character after it", `${"a".repeat(19)}!`, undefined],
    ["padding in its middle", `${"a".repeat(14)}==${"a".repeat(4)}`, undefined],
    ["bytes that are no UTF-8", Buffer.from(Array.from({ length: 12 }, () => 0xff)).toString("base64"), undefined],
    ["bytes with a control character", encoded("KEY=value\u000012"), undefined],
    ["text with lines and tabs", encoded("KEY=1\n\tK2=22"), "KEY=1\n\tK2=22"],
  ])("%s", (_, text, expected) => {
    expect(decodedText(text)).toBe(expected)
  })
})
