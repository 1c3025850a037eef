import { describe, expect, test } from "vitest"

import { type Entry, type Fields, otherManagers } from "../../../.dagger/src/kubernetes/managed-fields.ts"
import { takenOver } from "../../../.dagger/src/kubernetes/take-over.ts"

const entry = (manager: string, fieldsV1: Fields, rest: Partial<Entry> = {}): Entry => ({
  manager,
  operation: "Update",
  apiVersion: "apps/v1",
  fieldsV1,
  ...rest,
})
const own = (fieldsV1: Fields) => entry("cloud-native", fieldsV1, { operation: "Apply" })
const LEAF: Fields = {}
const ofContainer = (fields: Fields): Fields => ({
  "f:template": { "f:spec": { "f:containers": { 'k:{"name":"web"}': { ".": LEAF, ...fields } } } },
})
const variable = (name: string) => ({ [`k:{"name":"${name}"}`]: { ".": LEAF, "f:name": LEAF, "f:value": LEAF } })

const OWN = own({
  "f:metadata": { "f:labels": { "f:app": LEAF } },
  "f:spec": ofContainer({ "f:image": LEAF, "f:name": LEAF, "f:env": variable("PORT") }),
})
const HELM = entry("helm", {
  "f:metadata": {
    "f:annotations": { ".": LEAF, "f:meta.helm.sh/release-name": LEAF },
    "f:labels": { ".": LEAF, "f:app": LEAF },
  },
  "f:spec": {
    "f:replicas": LEAF,
    "f:revisionHistoryLimit": LEAF,
    ...ofContainer({
      "f:image": LEAF,
      "f:imagePullPolicy": LEAF,
      "f:name": LEAF,
      "f:env": { ".": LEAF, ...variable("DEBUG") },
    }),
  },
})
const CONTROLLER = entry("kube-controller-manager", { "f:spec": { "f:paused": LEAF } })
const STATUS = entry("argocd", { "f:spec": { "f:paused": LEAF } }, { subresource: "status" })

const DEBUG = { name: "DEBUG", value: "1" }
const PORT = { name: "PORT", value: "3000" }
const deployment = (image: string, env: object[], managedFields: Entry[] = [], more: object = {}) => ({
  metadata: { labels: { app: "web" }, annotations: { "meta.helm.sh/release-name": "shop" }, managedFields },
  spec: {
    replicas: 3,
    revisionHistoryLimit: 10,
    template: { spec: { containers: [{ name: "web", image, imagePullPolicy: "IfNotPresent", env }] } },
    ...more,
  },
})
const PLANNED = deployment("web@sha256:2", [DEBUG, PORT], [OWN])
const alone = () => {
  const { metadata, spec } = deployment("web@sha256:2", [PORT])
  return { metadata: { labels: metadata.labels }, spec: { ...spec, replicas: 1 } }
}

describe("what a release does with fields that others have set", () => {
  const IMAGE = "spec.template.spec.containers[name=web].image"

  test("those that it has are overwritten, those that are not its own and no default stay", () => {
    expect(otherManagers(deployment("web:1", [DEBUG], [HELM]), PLANNED, alone())).toEqual([
      {
        manager: "helm",
        overwritten: [IMAGE],
        left: [
          "metadata.annotations.meta.helm.sh/release-name",
          "spec.template.spec.containers[name=web].env[name=DEBUG]",
        ],
      },
    ])
  })

  test("without an object to tell defaults by, these are named too", () => {
    const [helm] = otherManagers(deployment("web:1", [DEBUG], [HELM]), PLANNED, undefined)
    expect(helm!.left).toEqual([
      "metadata.annotations.meta.helm.sh/release-name",
      "spec.revisionHistoryLimit",
      "spec.template.spec.containers[name=web].imagePullPolicy",
      "spec.template.spec.containers[name=web].env[name=DEBUG]",
    ])
  })

  test("what is all theirs is one field, but for the keys of a map", () => {
    const object = (managedFields: Entry[]) => ({
      metadata: { annotations: { a: "1", b: "2" }, managedFields },
      spec: { probe: { path: "/old", port: 80 } },
    })
    const theirs = entry("operator", {
      "f:metadata": { "f:annotations": { "f:a": LEAF, "f:b": LEAF } },
      "f:spec": { "f:probe": { "f:path": LEAF, "f:port": LEAF } },
    })
    const ours = own({ "f:metadata": { "f:labels": LEAF }, "f:spec": { "f:paused": LEAF } })
    expect(otherManagers(object([theirs]), object([ours]), { metadata: {}, spec: {} })).toEqual([
      {
        manager: "operator",
        overwritten: [],
        left: ["metadata.annotations.a", "metadata.annotations.b", "spec.probe"],
      },
    ])
  })

  test.each<[string, Entry[]]>([
    ["the control plane", [CONTROLLER]],
    ["a status", [STATUS]],
    [
      "kubectl apply, of which kubectl itself removes what is left",
      [entry("kubectl-client-side-apply", { "f:spec": { "f:paused": LEAF } })],
    ],
    [
      "finalizers, owners and replicas",
      [entry("operator", { "f:metadata": { "f:finalizers": { 'v:"a/b"': LEAF } }, "f:spec": { "f:replicas": LEAF } })],
    ],
    ["a status in one entry with the rest", [entry("operator", { "f:status": { "f:paused": LEAF } })]],
    [
      "fields that it has too, with the same value",
      [entry("kubectl-edit", { "f:metadata": { "f:labels": { "f:app": LEAF } } })],
    ],
    ["this module", [own({ "f:spec": { "f:paused": LEAF } })]],
  ])("nothing is said of %s", (_, entries) => {
    const paused = { paused: true }
    const live = deployment("web@sha256:2", [DEBUG, PORT], entries, paused)
    expect(otherManagers(live, deployment("web@sha256:2", [DEBUG, PORT], [OWN], paused), alone())).toEqual([])
  })

  test.each<[string, Fields, object, string]>([
    [
      "an item by two keys",
      { 'k:{"port":80,"protocol":"TCP"}': LEAF },
      { port: 80, protocol: "TCP" },
      "spec.list[port=80,protocol=TCP]",
    ],
    ["an item of a set", { 'v:"a"': LEAF }, "a" as unknown as object, 'spec.list["a"]'],
    ["an item by its place", { "i:0": LEAF }, { a: 1 }, "spec.list[0]"],
  ])("%s has a path", (_, fields, item, path) => {
    const object = (list: unknown[], managedFields: Entry[] = []) => ({ metadata: { managedFields }, spec: { list } })
    const theirs = entry("operator", { "f:spec": { "f:list": fields } })
    const others = otherManagers(object([item], [theirs]), object([item], [own({})]), object([]))
    expect(others).toEqual([{ manager: "operator", overwritten: [], left: [path] }])
    expect(otherManagers(object([item], [theirs]), object([]), object([]))).toEqual([
      { manager: "operator", overwritten: [path], left: [] },
    ])
  })
})

describe("fields of others that are taken over", () => {
  test("become this module's, beside its own; the others' entries are gone", () => {
    const before = own({ "f:spec": { "f:paused": LEAF } })
    const [first, after, ...more] = takenOver([
      STATUS,
      before,
      entry("helm", { "f:spec": { "f:minReadySeconds": LEAF } }),
    ])!
    expect(first).toEqual(STATUS)
    expect(after).toEqual(own({ "f:spec": { "f:paused": LEAF, "f:minReadySeconds": LEAF } }))
    expect(more).toEqual([])
  })

  test("are the first that this module has, where it has applied nothing yet", () => {
    expect(takenOver([entry("helm", { "f:spec": { "f:paused": LEAF } }, { time: "2026-11-24T16:45:00Z" })])).toEqual([
      {
        ...own({ "f:spec": { "f:paused": LEAF } }),
        fieldsType: "FieldsV1",
        time: "2026-11-24T16:45:00Z",
      },
    ])
  })

  test("are not those that their managers need, nor replicas", () => {
    const kept = {
      "f:metadata": { "f:finalizers": { 'v:"a/b"': LEAF }, "f:ownerReferences": LEAF },
      "f:spec": { "f:replicas": LEAF },
      "f:status": { "f:ready": LEAF },
    }
    const operator = (more: Fields) => entry("operator", { ...kept, "f:spec": { ...kept["f:spec"], ...more } })
    expect(takenOver([operator({ "f:paused": LEAF })])).toEqual([
      expect.objectContaining({ manager: "cloud-native", fieldsV1: { "f:spec": { "f:paused": LEAF } } }),
      operator({}),
    ])
    expect(takenOver([operator({})])).toBeUndefined()
  })

  test.each<[string, Entry[]]>([
    ["nobody else has set any", [OWN]],
    ["only the control plane or a status has", [CONTROLLER, STATUS]],
  ])("are none where %s", (_, entries) => {
    expect(takenOver(entries)).toBeUndefined()
  })
})
