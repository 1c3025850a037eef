import { expect, test } from "vitest"

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
