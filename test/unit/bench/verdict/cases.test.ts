import { readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"

import { CASES, chosen, manifestsFor, marked, withDeadline } from "../../../bench/verdict/cases.ts"
import { ROOT } from "../../../e2e/dagger.ts"

const GOOD = readFileSync(join(ROOT, "test/e2e/sources/minimal/k8s/app.yaml"), "utf8")
const edited = (name: string) =>
  CASES.find(one => one.name === name)!.edits.edit.reduce((text, { from, to }) => text.replace(from, to), GOOD)
const kinds = (manifests: { kind: string; metadata: { name: string } }[]) =>
  manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
const find = (manifests: any[], kind: string) => manifests.find(manifest => manifest.kind === kind)

test.each(CASES)("$name changes what it is about, in its kind of workload", ({ workload, edits, target }) => {
  const first = (edits.first ?? []).reduce((text, { from, to }) => text.replace(from, to), GOOD)
  const next = edits.edit.reduce((text, { from, to }) => text.replace(from, to), first)
  const specOf = (manifests: any[]) =>
    manifests.find(({ kind, metadata }) => kind === target.kind && metadata.name === target.name)?.spec
  const before = specOf(manifestsFor(workload, first))
  expect(before).toBeDefined()
  expect(specOf(manifestsFor(workload, next, first))).not.toEqual(before)
})

test("the faults are in workloads of each kind", () => {
  const kinds = CASES.filter(({ kind }) => kind === "fault").map(({ workload }) => workload)
  expect(new Set(kinds)).toEqual(new Set(["Deployment", "StatefulSet", "Job"]))
})

test("the cause has to be named; the error's code and the rollback depend on the workload", () => {
  const expected = (name: string) => CASES.find(one => one.name === name)!.expect
  expect(expected("crashes-at-once/Deployment")).toEqual(["exit code 3", "no such setting"])
  expect(expected("pod-security/Job")).toEqual(["would violate PodSecurity", "Job migrate"])
})

test("a StatefulSet takes the Deployment's place", () => {
  const manifests = manifestsFor("StatefulSet", edited("crashes-at-once/StatefulSet"))
  expect(kinds(manifests)).toContain("StatefulSet/frontend")
  expect(kinds(manifests)).toContain("Deployment/backend")
  expect(kinds(manifests)).not.toContain("Deployment/frontend")
  expect(JSON.stringify(find(manifests, "StatefulSet"))).toContain("no such setting")
})

describe("a fault in a Job", () => {
  test("is that of the frontend's pod, and the frontend stays good", () => {
    const manifests = manifestsFor("Job", edited("out-of-memory/Job"), GOOD)
    const [good] = [manifestsFor("Deployment", GOOD)]
    expect(manifests.filter(({ kind }) => kind !== "Job")).toEqual(good.filter(({ kind }) => kind !== "Job"))
    const { restartPolicy, containers } = find(manifests, "Job").spec.template.spec
    expect(restartPolicy).toBe("Never")
    expect(containers[0].resources).toEqual({ limits: { memory: "64Mi" } })
    for (const key of ["ports", "readinessProbe", "lifecycle"]) expect(containers[0]).not.toHaveProperty(key)
  })

  test("that is the Job's own stays as it is", () => {
    expect(JSON.stringify(find(manifestsFor("Job", edited("migration-fails/Job"), GOOD), "Job"))).toContain(
      "no such column",
    )
  })
})

test("a round marks the pods of the target, and nothing else", () => {
  const good = manifestsFor("Deployment", GOOD)
  const after = marked(good, { kind: "Deployment", name: "frontend" }, "2")
  const changed = after.filter((manifest, index) => JSON.stringify(manifest) !== JSON.stringify(good[index]))
  expect(kinds(changed)).toEqual(["Deployment/frontend"])
  expect(changed[0]!.spec.template.metadata).toEqual({
    labels: { app: "frontend" },
    annotations: { "bench/round": "2" },
  })
})

test("a deadline is for Deployments and Jobs", () => {
  const specs = withDeadline(manifestsFor("StatefulSet", GOOD), 30).map(({ kind, spec }) => [
    kind,
    spec.progressDeadlineSeconds ?? spec.activeDeadlineSeconds,
  ])
  expect(Object.fromEntries(specs)).toEqual({ Job: 30, Deployment: 30, StatefulSet: undefined, Service: undefined })
})

test("cases are chosen by name, or by its first part", () => {
  const names = (...some: string[]) => chosen(CASES, some).map(({ name }) => name)
  expect(names("crashes-at-once")).toEqual(["crashes-at-once/Deployment", "crashes-at-once/StatefulSet"])
  expect(names("crashes-at-once/StatefulSet", "unhurried-old-pod")).toEqual([
    "crashes-at-once/StatefulSet",
    "unhurried-old-pod",
  ])
  expect(names()).toHaveLength(CASES.length)
})
