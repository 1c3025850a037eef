import { expect, test } from "vitest"

import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { waveProblems } from "../../../.dagger/src/manifests/waves.ts"

interface Given {
  kind?: string
  image?: string
  wave?: string
  hook?: string
}

const WAVE = "argocd.argoproj.io/sync-wave"
const object = (name: string, { kind = "Job", image = "backend", wave, hook }: Given) =>
  JSON.stringify({
    apiVersion: kind.endsWith("Job") ? "batch/v1" : "apps/v1",
    kind,
    metadata: {
      name,
      ...((wave ?? hook) && { annotations: { [WAVE]: wave, "argocd.argoproj.io/hook": hook } }),
    },
    spec: { template: pods(image), ...(kind === "CronJob" && { jobTemplate: { spec: { template: pods(image) } } }) },
  })
const pods = (image: string) => ({ spec: { containers: [{ name: "main", image }] } })
const problemsOf = (objects: Record<string, Given>) => {
  const text = Object.entries(objects)
    .map(([name, given]) => object(name, given))
    .join("\n---\n")
  return [...waveProblems(parseManifests([{ name: "app.yaml", text }]), ["backend", "frontend"])].map(
    ({ where, ...problem }) => ({
      ...problem,
      at: text
        .split("\n")
        .at(where!.line - 1)!
        .slice(where!.column - 1)
        .split(":")[0],
    }),
  )
}
const deployment = (wave?: string): Given => ({ kind: "Deployment", wave })

test.each<[what: string, objects: Record<string, Given>]>([
  ["a migration beside its application, without waves", { migrate: {}, backend: deployment() }],
  ["a migration in the wave of its application", { migrate: { wave: "2" }, backend: deployment("2") }],
  ["a migration in a wave before", { migrate: { wave: "-1" }, backend: deployment() }],
  ["two migrations in waves before", { migrate: { wave: "-2" }, seed: { wave: "-1" }, backend: deployment() }],
  [
    "a migration after a CronJob, which runs at times",
    { clean: { kind: "CronJob", wave: "-2" }, migrate: { wave: "-1" }, backend: deployment() },
  ],
  ["a PreSync hook, whose waves are its own", { migrate: { wave: "5", hook: "PreSync" }, backend: deployment() }],
  [
    "a Job after a database",
    { migrate: { wave: "1" }, db: { kind: "StatefulSet", image: "postgres" }, backend: deployment("2") },
  ],
  ["a Job in manifests that run no application", { migrate: { wave: "5" } }],
  ["a wave that is no number", { migrate: { wave: "late" }, backend: deployment() }],
])("runs before the rollout: %s", (_, objects) => {
  expect(problemsOf(objects)).toEqual([])
})

test.each<[what: string, smoke: Given, deployed: string | undefined, waves: [number, number], at: string]>([
  ["a plain Job", { wave: "5" }, undefined, [5, 0], WAVE],
  ["a Sync hook", { wave: "1", hook: "Sync" }, "0", [1, 0], WAVE],
  ["a Job with another image", { wave: "1", image: "k6" }, undefined, [1, 0], WAVE],
  ["a Job without a wave, whose application has one below", {}, "-1", [0, -1], "metadata"],
])("is refused, since it would run too early: %s", (_, smoke, wave, [own, first], at) => {
  const objects = { worker: deployment("9"), smoke, backend: deployment(wave) }
  expect(problemsOf(objects)).toEqual([
    {
      code: "HOOK_NOT_RUN",
      what: `Job smoke: ${WAVE}: ${own}: it is to run after Deployment backend, which is in wave ${first}, and this module runs Jobs before the rollout, as migrations`,
      fix: `a migration belongs in a wave that is not above ${first}, or is a PreSync hook; take any other Job out of the manifests that are deployed: handshake in cloud-native.yaml proves a release after its rollout`,
      at: JSON.stringify(at),
    },
  ])
})
