import { expect, test } from "vitest"

import { installCrds } from "../../../.dagger/src/deploy/crds.ts"
import { crd } from "../manifests/crds.ts"
import { fakeKubectl } from "../release/records.ts"

const GADGET = "gadgets example.com/v1 true Gadget\n"
const WIDGET = "widgets example.com/v1 true Widget\n"
const CRDS = [crd("widgets.example.com"), crd("gadgets.example.com", { kind: "Gadget" })]

/** The cluster's kinds at each time that it is asked for them; the last ones remain. */
function cluster(...kinds: string[]) {
  return fakeKubectl({ "api-resources": () => ({ stdout: kinds.length > 1 ? kinds.shift()! : kinds[0]! }) })
}

test("those that the cluster lacks are created, and waited for until it serves their kinds", async () => {
  const { kubectl, calls } = cluster(GADGET, GADGET, GADGET + WIDGET)
  await installCrds(kubectl, CRDS)
  expect(calls.map(call => call.replaceAll(/ --\S+/g, ""))).toEqual([
    "api-resources",
    "create CustomResourceDefinition widgets.example.com",
    "api-resources",
    "api-resources",
  ])
})

test("those that are there stay as they are", async () => {
  const { kubectl, calls } = cluster(GADGET + WIDGET)
  await installCrds(kubectl, CRDS)
  expect(calls).toEqual(["api-resources --no-headers"])
})
