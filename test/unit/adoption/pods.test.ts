import { describe, expect, test } from "vitest"

import { type Job, jobProblems, type Pod, podProblems } from "../../adoption/pods.ts"

const ASKS = { "example.com/inject": "true" }

function pod(images: Record<string, string>, { ready = Object.keys(images), ...metadata } = {}): Pod {
  return {
    metadata: { name: "api-1", annotations: ASKS, labels: { "app.kubernetes.io/instance": "api" }, ...metadata },
    spec: { containers: Object.entries(images).map(([name, image]) => ({ name, image })) },
    status: { containerStatuses: Object.keys(images).map(name => ({ name, ready: ready.includes(name) })) },
  }
}

const NEW = { main: "registry/api@sha256:1", sidecar: "registry/node@sha256:2" }
const HELMS = { main: "registry/api:earlier" }

describe("the pods of a shape with a sidecar", () => {
  test.each<[string, Pod[], string[]]>([
    ["all have it", [pod(NEW)], []],
    ["one has none", [pod({ main: NEW.main })], ["api-1 has no sidecar"]],
    ["a sidecar is not ready", [pod(NEW, { ready: ["main"] })], ["api-1: sidecar is not ready"]],
    [
      "one of Helm's runs on",
      [pod(NEW), pod(HELMS)],
      ["api-1 has no sidecar", "api-1 still runs registry/api:earlier"],
    ],
    ["one of Helm's is about to go", [pod(NEW), { ...pod(HELMS), metadata: deleted() }], []],
    ["one of Helm's hook has ended", [pod(NEW), { ...pod(HELMS), status: { phase: "Succeeded" } }], []],
    ["one does not ask for it", [pod(NEW), { ...pod(HELMS), metadata: { name: "postgres" } }], []],
    ["a release has none", [], ["api has no pod"]],
  ])("%s", (_, pods, problems) => {
    expect(podProblems(pods, ["api"], "earlier")).toEqual(problems)
  })
})

function deleted(): Pod["metadata"] {
  return { ...pod(HELMS).metadata, deletionTimestamp: "2026-01-01T00:00:00Z" }
}

function job(annotations: Record<string, string>, suspend: boolean, active: number): Job {
  const labels = { "app.kubernetes.io/managed-by": "cloud-native" }
  const spec = { suspend, template: { metadata: { annotations: ASKS } } }
  return { metadata: { name: "migrate", annotations, labels }, spec, status: { active } }
}

describe("the Jobs of a shape with a sidecar", () => {
  const done = job({ "cloud-native/done": "true" }, true, 0)
  test.each<[string, Job[], string[]]>([
    ["are done", [done], []],
    ["are Helm's", [{ ...done, metadata: { name: "migrate" } }], ["no Job was made"]],
    ["are not done", [job({}, false, 0)], ["migrate is not done"]],
    ["have a pod", [job({ "cloud-native/done": "true" }, true, 1)], ["migrate runs on"]],
  ])("%s", (_, jobs, problems) => {
    expect(jobProblems(jobs)).toEqual(problems)
  })
})
