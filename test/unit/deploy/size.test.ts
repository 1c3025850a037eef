import { describe, expect, test } from "vitest"

import { autoscaled, firstSizes, isOwnSize, keepSizes } from "../../../.dagger/src/deploy/size.ts"
import type { KubernetesObject } from "../../../.dagger/src/manifests/render.ts"
import { fakeKubectl } from "../release/records.ts"
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

describe("the number of pods that a workload has when an autoscaler gets it", () => {
  const scaledObject: KubernetesObject = {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name: "web" },
    spec: { scaleTargetRef: { name: "web" } },
  }
  const set: KubernetesObject = { ...deployment(), kind: "StatefulSet" }
  test.each([
    ["of the release", [deployment(), autoscaler()], [{ kind: "Deployment", name: "web" }]],
    ["of KEDA", [deployment(), scaledObject], [{ kind: "Deployment", name: "web" }]],
    ["of a StatefulSet", [set, autoscaler(2, "StatefulSet")], [{ kind: "StatefulSet", name: "web" }]],
    ["none: the manifest has a number itself", [deployment({ replicas: 2 }), autoscaler()], []],
    ["none: without an autoscaler", [deployment()], []],
    ["none: of another kind's autoscaler", [deployment(), autoscaler(2, "StatefulSet")], []],
  ])("is kept: %s", (_, objects, expected) => {
    expect(autoscaled(objects)).toEqual(expected)
  })

  const owner = (manager: string, fields: object = { "f:replicas": {} }) => ({
    manager,
    operation: "Apply",
    fieldsV1: { "f:spec": fields },
  })
  test.each([
    ["this module alone", [owner("cloud-native")], true],
    ["this module, beside others' fields", [owner("cloud-native"), owner("helm", { "f:paused": {} })], true],
    ["an autoscaler", [owner("kube-controller-manager")], false],
    ["both", [owner("cloud-native"), owner("kube-controller-manager")], false],
    ["nobody", [owner("cloud-native", { "f:template": {} })], false],
  ])("is this module's to lose where it is given by %s: %s", (_, managedFields, expected) => {
    expect(isOwnSize({ metadata: { uid: "1", managedFields }, spec: {} })).toBe(expected)
  })

  const running = (managedFields: object[]) => ({
    ...live("web"),
    metadata: { name: "web", uid: "1", generation: 1, managedFields },
    spec: { replicas: 5, template: { spec: { containers: [] } } },
  })
  test.each([
    [
      "is written down under another name before the manifests leave it out",
      [owner("cloud-native")],
      ["apply Deployment web"],
    ],
    ["is not touched where an autoscaler has given it", [owner("kube-controller-manager")], []],
  ])("%s", async (_, managedFields, expected) => {
    const { kubectl, calls } = fakeKubectl({})
    await keepSizes(kubectl, [deployment(), autoscaler()], snapshotOf(running(managedFields)))
    expect(calls.map(call => call.split(" --")[0])).toEqual(expected)
    expect(calls.every(call => call.includes("--field-manager=cloud-native-size"))).toBe(true)
  })
})
