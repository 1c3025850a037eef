import { expect, test } from "vitest"

import { Config } from "../../../.dagger/src/config/schema.ts"
import { assertCertificates, assertOutside } from "../../../.dagger/src/preflight/outside.ts"

const config = (outside: boolean) => Config.parse({ monitor: { outside } })

test.each(["http://localhost:3000", "https://127.0.0.1"])("the monitor does not ask %s from outside", publicUrl => {
  expect(() => assertOutside(config(true), publicUrl)).toThrow(/ARGUMENTS_INVALID[^]*monitor\.outside[^]*--public-url/)
  expect(() => assertOutside(config(false), publicUrl)).not.toThrow()
})

test("it asks any other address", () => {
  expect(() => assertOutside(config(true), "https://shop.example.com")).not.toThrow()
})

test.each([
  ["does not exist", []],
  ["has no key", [{ keys: [] }]],
])("a ConfigMap of certificates that %s is missing", (why, there) => {
  expect(() => assertCertificates("company-ca", there, "shop")).toThrow(
    new RegExp(
      `SECRETS_MISSING[^]*the ConfigMap company-ca \\(monitor.caConfigMap[^]*${why}[^]*--namespace=shop create configmap company-ca --from-file=ca.crt`,
    ),
  )
})

test("one with any key is there", () => {
  expect(() => assertCertificates("company-ca", [{ keys: ["root.pem"] }], "shop")).not.toThrow()
})
