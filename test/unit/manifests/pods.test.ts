import { expect, test } from "vitest"

import { containersOf, podsOf } from "../../../.dagger/src/manifests/pods.ts"
import type { KubernetesObject } from "../../../.dagger/src/manifests/shapes.ts"

const object = (apiVersion: string, kind: string, spec: object): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: "shop", labels: { app: "shop" } },
  spec,
})
const POD = {
  initContainers: [{ name: "wait", image: "wait" }],
  containers: [
    { name: "main", image: "shop" },
    { name: "logs", image: "logs" },
  ],
}
const TEMPLATE = { metadata: { labels: { app: "shop" } }, spec: POD }

test.each([
  ["apps/v1", "Deployment", { template: TEMPLATE }, "spec.template"],
  ["apps/v1", "StatefulSet", { template: TEMPLATE }, "spec.template"],
  ["apps/v1", "DaemonSet", { template: TEMPLATE }, "spec.template"],
  ["apps/v1", "ReplicaSet", { template: TEMPLATE }, "spec.template"],
  ["batch/v1", "Job", { template: TEMPLATE }, "spec.template"],
  ["batch/v1", "CronJob", { jobTemplate: { spec: { template: TEMPLATE } } }, "spec.jobTemplate.spec.template"],
  ["v1", "Pod", POD, ""],
])("the pods of a %s %s, and their containers, those that start before first", (apiVersion, kind, spec, place) => {
  const made = object(apiVersion, kind, spec)
  const { template, path } = podsOf(made)!
  expect(template).toMatchObject(TEMPLATE)
  expect(path.join(".")).toBe(place)
  const at = (list: string) => [place, "spec", list].filter(Boolean).join(".")
  expect(containersOf(made).map(({ container, path }) => `${path.join(".")}: ${container.name}`)).toEqual([
    `${at("initContainers")}.0: wait`,
    `${at("containers")}.0: main`,
    `${at("containers")}.1: logs`,
  ])
})

test.each([
  ["example.com/v1", "Deployment", { template: TEMPLATE }],
  ["v1", "Service", { selector: { app: "shop" } }],
])("a %s %s makes none", (apiVersion, kind, spec) => {
  expect(podsOf(object(apiVersion, kind, spec))).toBeUndefined()
  expect(containersOf(object(apiVersion, kind, spec))).toEqual([])
})

test("no containers start before, where a pod has none", () => {
  const { containers } = POD
  expect(containersOf(object("v1", "Pod", { containers }))).toHaveLength(2)
})
