import { expect, test } from "vitest"

import { ownSource } from "../../.dagger/src/own.js"
import { ownFile } from "./manifests/files.ts"

const OWN = ownFile("dagger.json")
const SHOP = JSON.stringify({ name: "shop", toolchains: [{ name: "cloud-native", source: "ci" }] })

test.each([
  ["another module's", SHOP, "the repository of the module shop"],
  ["one that is no module", undefined, "a repository that is no module"],
  ["one whose file is no JSON", "name: shop", "a repository that is no module"],
])("this module's own repository is no source for a call from %s", (_, caller, named) => {
  const refused = ownSource(OWN, caller)
  expect(refused?.what).toBe(`the source is cloud-native's own repository, and the call came from ${named}`)
  expect(refused?.fix).toContain("legacy-default-path = true")
})

test.each([
  ["from itself", OWN, OWN],
  ["of a repository that has a copy of the module as its own", OWN, `${OWN}\n`],
  ["of another module", SHOP, undefined],
  ["of a module that happens to have the name", JSON.stringify({ name: "cloud-native", source: "ci" }), SHOP],
  ["of a repository that is no module", undefined, SHOP],
  ["of a repository whose file is no JSON", "{", SHOP],
])("a call %s is let through", (_, source, caller) => {
  expect(ownSource(source, caller)).toBeUndefined()
})
