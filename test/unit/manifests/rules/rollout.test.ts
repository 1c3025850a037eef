import { describe, expect, test } from "vitest"

import { graceTooShort, preStopMissing, rolloutUnavailable } from "../../../../.dagger/src/manifests/rules/rollout.ts"
import { autoscaler, problemsOf, workload } from "./problems.ts"

const unavailable = (maximum: number | string) =>
  `strategy: { type: RollingUpdate, rollingUpdate: { maxUnavailable: ${maximum} } }`

const surge = (settings: string) => `strategy: { type: RollingUpdate, rollingUpdate: { ${settings} } }`

describe("rolloutUnavailable: no pod may go before its successor is ready", () => {
  const SCALED = autoscaler("Deployment", "backend")

  test.each<[why: string, ...manifests: string[]]>([
    ["none may be away", workload({ spec: unavailable(0) })],
    ["none of many, as a percentage", workload({ spec: unavailable('"0%"') }), SCALED],
    ["the default, 25 %, is none of one", workload()],
    ["the default is none of three: it is rounded down", workload({ spec: "replicas: 3" })],
    ["the type is RollingUpdate unless said", workload({ spec: "strategy: { rollingUpdate: { maxUnavailable: 0 } }" })],
    ["none may be away, and one be added", workload({ spec: surge("maxUnavailable: 0, maxSurge: 1") })],
    ["a quarter of three, and a quarter be added", workload({ spec: `replicas: 3\n  ${surge('maxSurge: "25%"')}` })],
    ["Deployments of other images are not asked", workload({ image: "proxy", spec: unavailable(1) })],
    ["StatefulSets have no such setting", workload({ kind: "StatefulSet", spec: "replicas: 4" })],
  ])("passes: %s", (_, ...manifests) => {
    expect(problemsOf(rolloutUnavailable, ...manifests)).toEqual([])
  })

  test.each<[why: string, at: string, ...manifests: string[]]>([
    ["one may be away", "maxUnavailable: 1", workload({ spec: unavailable(1) })],
    ["one of three", "maxUnavailable: 1", workload({ spec: `replicas: 3\n  ${unavailable(1)}` })],
    ["one of one, since none may be added", "rollingUpdate: { maxSurge: 0", workload({ spec: surge("maxSurge: 0") })],
    [
      "one of three, since none may be added",
      'maxUnavailable: "25%"',
      workload({ spec: `replicas: 3\n  ${surge('maxUnavailable: "25%", maxSurge: "0%"')}` }),
    ],
    ["a quarter of four", 'maxUnavailable: "25%"', workload({ spec: `replicas: 4\n  ${unavailable('"25%"')}` })],
    ["the default, of four", "spec:", workload({ spec: "replicas: 4" })],
    ["the default, where an autoscaler adds pods", "spec:", workload({ spec: "replicas: 1" }), SCALED],
    [
      "all stop first, though there is but one",
      "strategy: { type: Recreate",
      workload({ spec: "strategy: { type: Recreate }" }),
    ],
  ])("fails: %s", (_, at, ...manifests) => {
    expect(problemsOf(rolloutUnavailable, ...manifests)).toEqual([
      {
        code: "ROLLOUT_UNAVAILABLE",
        at,
        what: "Deployment backend: a rollout may take pods away before new ones are ready",
        fix: "set strategy.type: RollingUpdate with rollingUpdate.maxUnavailable: 0",
      },
    ])
  })
})

describe("preStopMissing: a pod serves until no request comes any more", () => {
  test("passes: a preStop hook, of any kind", () => {
    const container = "lifecycle: { preStop: { exec: { command: [sleep, '5'] } } }"
    expect(problemsOf(preStopMissing, workload({ container }))).toEqual([])
  })
  test("passes: a sidecar, which no Service leads to", () => {
    const pod = "initContainers: [{ name: proxy, image: proxy }]"
    const container = "lifecycle: { preStop: { sleep: { seconds: 5 } } }\n        - { name: logs, image: logs }"
    expect(problemsOf(preStopMissing, workload({ pod, container }))).toEqual([])
  })
  test.each([
    ["no lifecycle", undefined],
    ["a hook at the start alone", "lifecycle: { postStart: { exec: { command: [warm-up] } } }"],
  ])("fails: %s", (_, container) => {
    expect(problemsOf(preStopMissing, workload({ container }))).toEqual([
      {
        code: "PRESTOP_MISSING",
        at: "name: main",
        what: "Deployment backend: container main stops at once, while requests are still sent to it",
        fix: "add lifecycle.preStop.sleep.seconds: 5",
      },
    ])
  })
})

describe("graceTooShort: after the preStop sleep, time is left to finish requests", () => {
  const sleep = (seconds: number) => `lifecycle: { preStop: { sleep: { seconds: ${seconds} } } }`
  const grace = (seconds: number) => `terminationGracePeriodSeconds: ${seconds}`

  test.each([
    ["a second is left", grace(6), sleep(5)],
    ["a second is left of the default", undefined, sleep(29)],
    ["no time at all, but no sleep that takes it: a pod that is killed at once was meant", grace(0), undefined],
    ["a hook at the start alone", grace(0), "lifecycle: { postStart: { exec: { command: [warm-up] } } }"],
    [
      "a preStop command, whose length nobody knows",
      grace(5),
      "lifecycle: { preStop: { exec: { command: [drain] } } }",
    ],
  ])("passes: %s", (_, pod, container) => {
    expect(problemsOf(graceTooShort, workload({ pod, container }))).toEqual([])
  })

  test.each([
    ["none is left", grace(5), sleep(5), "terminationGracePeriodSeconds: 5", [5, 5]],
    ["none is left of the default", undefined, sleep(30), "spec:", [30, 30]],
    [
      "the longest sleep counts",
      grace(9),
      `${sleep(10)}\n        - { name: proxy, image: proxy, ${sleep(2)} }`,
      "terminationGracePeriodSeconds: 9",
      [10, 9],
    ],
  ])("fails: %s", (_, pod, container, at, [slept, all]) => {
    expect(problemsOf(graceTooShort, workload({ pod, container }))).toEqual([
      {
        code: "GRACE_TOO_SHORT",
        at,
        what: `Deployment backend: the preStop sleep of ${slept} s uses up all ${all} s of terminationGracePeriodSeconds`,
        fix: "make it longer than the sleep plus the time the application takes to finish its requests",
      },
    ])
  })
})
