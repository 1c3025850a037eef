import { describe, expect, test } from "vitest"

import { isWhole } from "../../../.dagger/src/deploy/switch.ts"
import { deploymentsBehind, placeInSlots } from "../../../.dagger/src/manifests/slots.ts"
import { shop } from "../manifests/shop.ts"
import { NOW, snapshotOf } from "../status/objects.ts"

const [deployment] = deploymentsBehind(placeInSlots(shop("a"), { frontend: "blue" }).objects, "frontend")
const [other] = deploymentsBehind(placeInSlots(shop("b"), { frontend: "blue" }).objects, "frontend")
const { name, annotations } = deployment!.metadata
const WHOLE = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 }

describe("a way back is a switch only to pods that are all there", () => {
  const live = (more: { annotations?: object; replicas?: number; template?: object; status?: object } = {}) => ({
    kind: "Deployment",
    metadata: { name, uid: "1", generation: 1, annotations: more.annotations ?? annotations },
    spec: { replicas: more.replicas ?? 2, template: more.template ?? deployment!.spec.template },
    status: { ...WHOLE, ...more.status },
  })
  test.each([
    ["as they were rendered", live(), true],
    ["gone", { ...live(), metadata: { name: "web-green", uid: "2" } }, false],
    ["of another release", live({ annotations: other!.metadata.annotations }), false],
    ["with an image that somebody has set", live({ template: other!.spec.template }), false],
    [
      "scaled to nothing",
      live({ replicas: 0, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } }),
      false,
    ],
    ["not all available", live({ status: { availableReplicas: 1 } }), false],
    ["still being replaced", live({ status: { observedGeneration: 0 } }), false],
  ])("%s", (_, item, expected) => {
    expect(isWhole(deployment!, snapshotOf(item), NOW)).toBe(expected)
  })
})
