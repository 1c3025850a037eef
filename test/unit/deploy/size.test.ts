import { describe, expect, test } from "vitest"

import { firstSizes } from "../../../.dagger/src/deploy/size.ts"
import type { KubernetesObject } from "../../../.dagger/src/manifests/render.ts"
import { snapshotOf } from "../status/objects.ts"

const deployment = (spec: object = {}): KubernetesObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: { selector: { matchLabels: { app: "web" } }, template: { spec: { containers: [] } }, ...spec },
})
const autoscaler = (minReplicas?: number, kind = "Deployment"): KubernetesObject => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "web" },
  spec: { scaleTargetRef: { apiVersion: "apps/v1", kind, name: "web" }, maxReplicas: 5, minReplicas },
})
const live = (name: string) => ({
  kind: "Deployment",
  metadata: { name, uid: "1", generation: 1 },
  spec: { replicas: 1, template: { spec: { containers: [] } } },
  status: {},
})

describe("a new Deployment begins with its autoscaler's minimum", () => {
  test.each([
    ["more than one", [deployment(), autoscaler(3)], [{ name: "web", replicas: 3 }]],
    ["one", [deployment(), autoscaler(1)], []],
    ["not said", [deployment(), autoscaler()], []],
    ["none: without an autoscaler", [deployment()], []],
    ["none: of another kind's autoscaler", [deployment(), autoscaler(3, "StatefulSet")], []],
    ["none: the manifest has a number itself", [deployment({ replicas: 2 }), autoscaler(3)], []],
  ])("%s", (_, objects, expected) => {
    expect(firstSizes(objects, snapshotOf(live("api")))).toEqual(expected)
  })

  test("but not one that is there already: its autoscaler has decided", () => {
    expect(firstSizes([deployment(), autoscaler(3)], snapshotOf(live("web")))).toEqual([])
  })
})
