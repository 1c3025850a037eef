import { expect, test } from "vitest"

import { parsePresent } from "../../../.dagger/src/release/live-objects.ts"
import { assertNotOwned } from "../../../.dagger/src/release/ownership.ts"
import { object, presentLine } from "./records.ts"

const [web, api, config] = [object("Deployment", "web"), object("Deployment", "api"), object("ConfigMap", "web")]

test("objects that another name has deployed are refused, with the command that takes them over", () => {
  const there = parsePresent(
    [presentLine(web, "store"), presentLine(api, "shop"), presentLine(config)].join("\n"),
    "shop",
  )
  expect(there.map(({ managed, owner }) => ({ managed, owner }))).toEqual([
    { managed: false, owner: "store" },
    { managed: true, owner: undefined },
    { managed: false, owner: undefined },
  ])
  const check = (objects: typeof there) => () => assertNotOwned(objects, "shop", "prod")
  expect(check(there)).toThrowErrorMatchingInlineSnapshot()
  expect(check(there.slice(1))).not.toThrow()
})
