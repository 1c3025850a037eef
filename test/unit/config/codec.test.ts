import { expect, test } from "vitest"

import { decodeConfig, encodeConfig } from "../../../.dagger/src/config/codec.ts"
import { parseConfig } from "../../../.dagger/src/config/parse.ts"

test.each([
  ["conventions alone", ""],
  [
    "sizes in every unit",
    "limits: { imageSize: 1.5 GiB }\nbackend: { ownSize: 333KiB }\nfrontend: { ownSize: 20MB }\n",
  ],
  [
    "rates of their own",
    "monitor: { rate: 7, requests: [{ name: a, to: backend, path: /a, expect: { status: 200 }, rate: 3 }, { name: b, to: frontend, path: /api/auth/ok, expect: { status: 200 } }] }\n",
  ],
  ["rates that are shared", "monitor: { rate: 1 }\n"],
  [
    "further applications",
    "applications: { worker: { path: backend, target: worker, base: python:3.12-slim, ownSize: 12MB, test: { none: tested with the backend } }, mcp: { port: 9000, base: node:22-slim } }\n",
  ],
  ["strategies", "frontend: { strategy: blue-green, keep: 90s }\nbackend: { strategy: blue-green }\n"],
  ["a namespace other than the name", "name: shop\nnamespace: production\n"],
])("a config travels unchanged: %s", (_, text) => {
  const config = parseConfig(text, "cloud-native.yaml")
  expect(decodeConfig(encodeConfig(config))).toEqual(config)
})

test.each(["", "{", '{"name":7}'])("what is no config is refused: %j", text => {
  expect(() => decodeConfig(text)).toThrow(/^BUG: the config that this object carries is /)
})
