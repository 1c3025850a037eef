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
  expect(check(there)).toThrowErrorMatchingInlineSnapshot(`
    [CloudNativeError: OWNED_BY_ANOTHER: objects of the manifests belong to another application in the namespace prod
      Deployment web was deployed by the name store
    → give the objects other names, or deploy to another namespace; to take them over on purpose, as after a change of name in cloud-native.yaml: kubectl --namespace=prod label deployment/web app.kubernetes.io/part-of=shop --overwrite]
  `)
  expect(check(there.slice(1))).not.toThrow()
})
