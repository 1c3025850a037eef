import { describe, expect, test } from "vitest"

import { hookProblems, stagesOf, withoutOtherHooks } from "../../../.dagger/src/manifests/hooks.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"

function jobs(annotations: Record<string, Record<string, string>>) {
  const texts = Object.entries(annotations).map(([name, own]) =>
    JSON.stringify({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, annotations: own },
      spec: { template: { spec: { containers: [{ name, image: "backend" }] } } },
    }),
  )
  return parseManifests([{ name: "jobs.yaml", text: texts.join("\n---\n") }])
}
const HELM = "helm.sh/hook"
const ARGO = "argocd.argoproj.io/hook"

describe("hooks of Helm and of Argo CD", () => {
  test("run before the rollout as migrations do, or are refused by name", () => {
    const manifests = jobs({
      plain: {},
      migrate: { [ARGO]: "PreSync" },
      among: { [ARGO]: "Sync" },
      upgrade: { [HELM]: "pre-upgrade" },
      both: { [HELM]: "post-install, pre-upgrade" },
      smoke: { [HELM]: "post-install,post-upgrade" },
      load: { [ARGO]: "PostSync" },
      unknown: { [HELM]: "mid-upgrade" },
    })
    const problems = [...hookProblems(manifests)]
    expect(problems.map(({ what }) => what)).toEqual([
      "Job smoke: helm.sh/hook: post-install,post-upgrade: it is to run after the rollout, and this module runs Jobs before it, as migrations",
      "Job load: argocd.argoproj.io/hook: PostSync: it is to run after the rollout, and this module runs Jobs before it, as migrations",
      "Job unknown: helm.sh/hook: mid-upgrade: this module knows no such hook",
    ])
    const smoke = manifests.findIndex(({ object }) => object.metadata.name === "smoke")
    expect(problems[0]).toMatchObject({
      code: "HOOK_NOT_RUN",
      fix: "take it out of the manifests that are deployed; handshake in cloud-native.yaml proves a release after its rollout. A migration is a Job without the annotation, or with pre-upgrade or PreSync",
      where: { line: 2 * smoke + 1, column: JSON.stringify(manifests[smoke]!.object).indexOf('"helm.sh/hook"') + 1 },
    })
  })

  const ONCE =
    "it is to run with the first installation alone, and this module runs a Job whenever its content is new, as its image is with each release"
  test.each<[string, string, string | undefined]>([
    ["Job", "pre-install", ONCE],
    ["Job", "pre-install, post-install", ONCE],
    ["Job", "pre-install,pre-upgrade", undefined],
    ["Job", "pre-install,pre-rollback,pre-upgrade", undefined],
    ["Pod", "pre-install,pre-upgrade", "this module runs no Pods to their end, only Jobs"],
    ["ConfigMap", "pre-install", undefined],
  ])("a %s of %s", (kind, value, why) => {
    const manifests = jobs({ seed: { [HELM]: value } })
    const [{ object }] = manifests as [(typeof manifests)[0]]
    object.kind = kind
    const told = why === undefined ? [] : [`${kind} seed: helm.sh/hook: ${value}: ${why}`]
    expect([...hookProblems(manifests)].map(({ what }) => what)).toEqual(told)
  })

  test("of the first installation alone are run by hand", () => {
    expect([...hookProblems(jobs({ seed: { [HELM]: "pre-install" } }))].map(({ fix }) => fix)).toEqual([
      "take it out of the manifests that are deployed, and run it once by hand; or add pre-upgrade to the annotation if it may run with each release",
    ])
  })

  test("as a Pod are refused for Argo CD, too", () => {
    const manifests = jobs({ seed: { [ARGO]: "PreSync" } })
    manifests[0]!.object.kind = "Pod"
    expect([...hookProblems(manifests)].map(({ fix }) => fix)).toEqual([
      "make it a Job with the Pod's spec as its template",
    ])
  })

  test("of other occasions are left out, and named", () => {
    const manifests = jobs({
      migrate: {},
      test: { [HELM]: "test" },
      clean: { [HELM]: "pre-delete" },
      skip: { [ARGO]: "Skip" },
    })
    const { applied, others } = withoutOtherHooks(manifests)
    expect(applied.map(({ object }) => object.metadata.name)).toEqual(["migrate"])
    expect(others).toEqual([
      "Job test (helm.sh/hook: test)",
      "Job clean (helm.sh/hook: pre-delete)",
      "Job skip (argocd.argoproj.io/hook: Skip)",
    ])
  })

  test("run in the order of moments, then of waves and weights; side by side only where neither says otherwise", () => {
    const wave = (value: string) => ({ [ARGO]: "PreSync", "argocd.argoproj.io/sync-wave": value })
    const weight = (value: string) => ({ [HELM]: "pre-upgrade", "helm.sh/hook-weight": value })
    const stages = (annotations: Record<string, Record<string, string>>) =>
      stagesOf(jobs(annotations).map(({ object }) => object)).map(stage => stage.map(({ metadata }) => metadata.name))
    expect(stages({ seed: wave("2"), other: {}, migrate: wave("1"), first: wave("-1"), plain: {} })).toEqual([
      ["first"],
      ["migrate"],
      ["seed"],
      ["other", "plain"],
    ])
    expect(stages({ plain: {}, before: { [ARGO]: "PreSync" } })).toEqual([["before"], ["plain"]])
    expect(stages({ b: weight("5"), c: weight("0"), a: weight("0") })).toEqual([["a"], ["c"], ["b"]])
    expect(stages({ a: wave("1"), b: wave("2"), c: wave("3"), d: wave("3") })).toEqual([["a"], ["b"], ["c", "d"]])
    expect(stages({ a: weight("0"), first: {}, no: wave("none") })).toEqual([["no"], ["a"], ["first"]])
    expect(
      stages({ seed: {}, migrate: weight("5"), after: { [ARGO]: "Sync", "argocd.argoproj.io/sync-wave": "1" } }),
    ).toEqual([["migrate"], ["seed"], ["after"]])
    const bare = jobs({ a: {}, b: {} }).map(({ object }) => object)
    for (const { metadata } of bare) delete metadata.annotations
    expect(stagesOf(bare)).toEqual([bare])
  })
})
