import { describe, expect, test } from "vitest"

import { resourcesMissing } from "../../../../.dagger/src/manifests/rules/resources.ts"
import { problemsOf, workload } from "./problems.ts"

describe("resourcesMissing: the scheduler and the autoscaler can count, and memory ends somewhere", () => {
  test.each([
    [
      "all that counts; a limit of the CPU only slows down",
      "{ requests: { cpu: 50m, memory: 64Mi }, limits: { memory: 256Mi } }",
    ],
    ["a request of 0 is one", "{ requests: { cpu: 0, memory: 64Mi }, limits: { memory: 256Mi } }"],
  ])("passes: %s", (_, resources) => {
    expect(problemsOf(resourcesMissing, workload({ container: `resources: ${resources}` }))).toEqual([])
  })

  const ALL = "requests.cpu, requests.memory, limits.memory"
  test.each([
    [ALL, "name: main", "tty: true"],
    [ALL, "resources: {", "resources: {}"],
    [
      "requests.cpu",
      "resources: { requests: { memory: 64Mi",
      "resources: { requests: { memory: 64Mi }, limits: { memory: 256Mi } }",
    ],
    [
      "requests.memory",
      "resources: { requests: { cpu: 50m",
      "resources: { requests: { cpu: 50m }, limits: { memory: 256Mi } }",
    ],
    [
      "limits.memory",
      "resources: { requests: { cpu: 50m",
      "resources: { requests: { cpu: 50m, memory: 64Mi }, limits: { cpu: 1 } }",
    ],
  ])("fails: %s: %s", (missing, at, container) => {
    expect(problemsOf(resourcesMissing, workload({ container }))).toEqual([
      {
        code: "RESOURCES_MISSING",
        at,
        what: `Deployment backend: container main has no resources.${missing}`,
        fix: "say what it needs, so that the scheduler and the autoscaler can count, and where memory ends",
      },
    ])
  })
})
