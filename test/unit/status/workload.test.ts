import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { only, Snapshot } from "../../../.dagger/src/status/snapshot.ts"
import {
  type AppliedWorkload,
  changeByOther,
  hasImagesOf,
  isAutoscaled,
  type LiveWorkload,
  otherImage,
  restartByOther,
} from "../../../.dagger/src/status/workload.ts"

const CASES = join(import.meta.dirname, "cases/workload")

describe("what somebody else has done to a workload since it was applied", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const read = (file: string) => parse(readFileSync(join(CASES, name, file), "utf8")) as unknown
    const [applied, live] = [read("applied.yaml") as AppliedWorkload, read("live.yaml") as LiveWorkload]
    const snapshot = Snapshot.parse(
      existsSync(join(CASES, name, "snapshot.yaml")) ? read("snapshot.yaml") : { items: [] },
    )
    const failure =
      changeByOther(applied, live, isAutoscaled(snapshot, applied.kind, applied.name)) ??
      otherImage(applied, only(snapshot, "Pod"))
    expect({ failure: failure ?? null, restartedBy: restartByOther(applied, live) ?? null }).toEqual(
      read("expected.yaml"),
    )
  })
})

const DIGESTS = ["a", "b"].map(letter => `sha256:${letter.repeat(64)}`)
const [A, B] = DIGESTS.map(digest => `r/shop@${digest}`) as [string, string]
const template = (...containers: object[]) => ({ metadata: { labels: { app: "web" } }, spec: { containers } })
const APPLIED: AppliedWorkload = {
  kind: "Deployment",
  name: "web",
  uid: "d",
  generation: 2,
  replicas: 2,
  fixesReplicas: true,
  paused: false,
  template: template({ name: "web", image: A }),
}
const live = (spec: object, metadata: object = {}) =>
  ({
    metadata: { uid: "d", generation: 3, managedFields: [], ...metadata },
    spec: { replicas: 2, ...spec },
  }) as unknown as LiveWorkload
const writer = (manager: string, time: string | undefined, field = "f:template", operation = "Update") => ({
  manager,
  operation,
  time,
  fieldsV1: { "f:spec": { [field]: {} } },
})

describe("a change by somebody else", () => {
  const changed = { template: template({ name: "web", image: B }) }
  const fields = (count: number) => ({
    template: template({
      name: "web",
      image: A,
      ...Object.fromEntries([..."abcdef"].slice(0, count).map(key => [key, 1])),
    }),
  })
  test.each<[string, LiveWorkload, string[] | undefined]>([
    ["is one after the apply", live(changed), [`spec.template.spec.containers[0].image: "${A}" → "${B}"`]],
    ["is not what an older read shows", live(changed, { generation: 2 }), undefined],
    ["is not told of an object of no generation", live(changed, { generation: undefined }), undefined],
    ["is named by five fields", live(fields(5)), [..."abcde"].map(key => `spec.template.spec.containers[0].${key}`)],
    [
      "is named by five fields, and the number of those left",
      live(fields(6)),
      [...[..."abcde"].map(key => `spec.template.spec.containers[0].${key}`), "1 further fields of spec.template"],
    ],
    ["is none where the same was written", live({ template: APPLIED.template }), undefined],
    [
      "is a container that was added",
      live({ template: template({ name: "web", image: A }, { name: "proxy", image: B }) }),
      [`spec.template.spec.containers[1].image: none → "${B}"`, "spec.template.spec.containers[1].name"],
    ],
    [
      "is an image that was removed",
      live({ template: template({ name: "web" }) }),
      [`spec.template.spec.containers[0].image: "${A}" → none`],
    ],
  ])("%s", (_, now, changes) => {
    expect(changeByOther(APPLIED, now, false)).toEqual(changes && { kind: "ChangedByOther", by: "somebody", changes })
  })

  test.each<[string, object[], string]>([
    [
      "the last one",
      [writer("a", "2026-01-01T00:00:01Z"), writer("b", "2026-01-01T00:00:02Z")],
      "b (Update, 2026-01-01T00:00:02Z)",
    ],
    [
      "the last one, in whatever order they are",
      [writer("b", "2026-01-01T00:00:02Z"), writer("a", "2026-01-01T00:00:01Z")],
      "b (Update, 2026-01-01T00:00:02Z)",
    ],
    [
      "not this module",
      [writer("a", "2026-01-01T00:00:01Z"), writer("cloud-native", "2026-01-01T00:00:02Z")],
      "a (Update, 2026-01-01T00:00:01Z)",
    ],
    ["not one of another field", [writer("a", "2026-01-01T00:00:02Z", "f:replicas")], "somebody"],
    [
      "one with a date, before one without",
      [writer("b", "2026-01-01T00:00:01Z"), writer("a", undefined)],
      "b (Update, 2026-01-01T00:00:01Z)",
    ],
    ["one without a date", [writer("a", undefined)], "a (Update)"],
    [
      "not one without a date where another has one",
      [writer("a", undefined), writer("b", "2026-01-01T00:00:01Z")],
      "b (Update, 2026-01-01T00:00:01Z)",
    ],
  ])("is by who wrote the field: %s", (_, writers, by) => {
    expect(changeByOther(APPLIED, live(changed, { managedFields: writers }), false)).toMatchObject({ by })
  })
})

describe("a restart by somebody else", () => {
  const annotated = (annotations: object, image = A) => ({
    template: { ...template({ name: "web", image }), metadata: { labels: { app: "web" }, annotations } },
  })
  const RESTARTED = { "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z" }
  test.each<[string, LiveWorkload, string | undefined]>([
    ["is a further annotation", live(annotated(RESTARTED)), "somebody"],
    ["is not what an older read shows", live(annotated(RESTARTED), { generation: 2 }), undefined],
    ["is not told of an object of no generation", live(annotated(RESTARTED), { generation: undefined }), undefined],
    ["is none of another object of the name", live(annotated(RESTARTED), { uid: "e" }), undefined],
    ["is none where other pods come of it", live(annotated(RESTARTED, B)), undefined],
    ["is none without an annotation", live(annotated({})), undefined],
  ])("%s", (_, now, expected) => {
    expect(restartByOther(APPLIED, now)).toBe(expected)
  })
})

describe("another image in a pod", () => {
  const running = (containers: object[], statuses: object[] = []) =>
    only(
      Snapshot.parse({
        items: [
          {
            kind: "Pod",
            metadata: { name: "web-1", uid: "p" },
            spec: { containers },
            status: { containerStatuses: statuses },
          },
        ],
      }),
      "Pod",
    )
  test.each<[string, ReturnType<typeof running>, string | undefined]>([
    ["is one of another digest", running([{ name: "web", image: B }]), B],
    ["is none from a mirror", running([{ name: "web", image: `mirror/shop@${DIGESTS[0]}` }]), undefined],
    [
      "is none of a sidecar that was injected",
      running([
        { name: "proxy", image: B },
        { name: "web", image: A },
      ]),
      undefined,
    ],
    [
      "is told by the digest that runs",
      running([{ name: "web", image: "r/shop:2" }], [{ name: "web", imageID: B }]),
      "r/shop:2",
    ],
    [
      "is not told by the digest of another container",
      running(
        [{ name: "web", image: "r/shop:1" }],
        [
          { name: "proxy", imageID: B },
          { name: "web", imageID: A },
        ],
      ),
      undefined,
    ],
    ["is not told before the container is there", running([{ name: "web", image: "r/shop:2" }]), undefined],
  ])("%s", (_, pods, image) => {
    expect(otherImage(APPLIED, pods)).toEqual(
      image && { kind: "OtherImage", pod: "web-1", container: "web", init: false, image },
    )
  })
})

describe("the images of a manifest run", () => {
  test.each<[string, object[], object[], boolean]>([
    ["where each does", [{ name: "a", image: A }], [{ name: "a", image: A }], true],
    [
      "whatever else was injected",
      [{ name: "a", image: A }],
      [
        { name: "a", image: A },
        { name: "proxy", image: B },
      ],
      true,
    ],
    [
      "not where one is another",
      [
        { name: "a", image: A },
        { name: "b", image: A },
      ],
      [
        { name: "a", image: A },
        { name: "b", image: B },
      ],
      false,
    ],
    ["not where one is missing", [{ name: "a", image: A }], [], false],
  ])("%s", (_, wanted, found, expected) => {
    expect(hasImagesOf(template(...wanted), template(...found))).toBe(expected)
  })
})

test.each<[string, string, boolean]>([
  ["Deployment", "web", true],
  ["Deployment", "api", false],
  ["StatefulSet", "web", false],
])("an autoscaler of the Deployment web decides on the replicas of the %s %s: %s", (kind, name, expected) => {
  const autoscaler = {
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "scaler", uid: "h" },
    spec: { scaleTargetRef: { kind: "Deployment", name: "web" } },
  }
  expect(isAutoscaled(Snapshot.parse({ items: [autoscaler] }), kind, name)).toBe(expected)
})
