import { describe, expect, test } from "vitest"

import { parseManifests } from "../../../../.dagger/src/manifests/parse.ts"
import { blueGreenImpossible } from "../../../../.dagger/src/manifests/rules/blue-green.ts"
import { workload } from "./problems.ts"

const service = (selector: string, more = "ports: [{ port: 80 }]") =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: backend }\nspec:\n  selector: ${selector}\n  ${more}`
const OWN = "{ app: backend }"

function problemsOf(strategy: "rolling" | "blue-green", ...texts: string[]): string[] {
  const manifests = parseManifests([{ name: "app.yaml", text: texts.join("\n---\n") }])
  const apps = { backend: { service: "backend", port: 8000, health: "/health", strategy } }
  return [...blueGreenImpossible({ manifests, apps })].map(
    ({ code, what, fix, where }) => `${where?.line}: ${code}: ${what}; ${fix}`,
  )
}

describe("blueGreenImpossible: what is switched is a Service with an address, between two of one Deployment", () => {
  test.each([
    ["a Service of one Deployment", "blue-green", workload(), service(OWN)],
    [
      "its Service selects none of the other workloads",
      "blue-green",
      workload(),
      workload({ name: "db" }),
      service(OWN),
    ],
    ["a Service that selects nothing, which another rule tells", "blue-green", service(OWN)],
    [
      "its Service selects the Pod of a Job too, which no rollout replaces",
      "blue-green",
      workload(),
      workload({ kind: "Job", name: "report" }).replace("apps/v1", "batch/v1").replace("app: report", "app: backend"),
      service(OWN),
    ],
    ["a Service that is not there, which another rule tells", "blue-green", workload(), ""],
    ["rolling, whatever it selects", "rolling", workload({ kind: "StatefulSet" }), service(OWN, "clusterIP: None")],
  ] as const)("passes: %s", (_, strategy, ...manifests) => {
    expect(problemsOf(strategy, ...manifests)).toEqual([])
  })

  test.each([
    [
      "headless",
      [service(OWN, "clusterIP: None"), workload()],
      "6: BLUE_GREEN_IMPOSSIBLE: Service backend is headless: its users ask pods by their own addresses, and none of them could be switched at once; give the backend a Service with an address of its own, or set backend.strategy: rolling",
    ],
    [
      "of a StatefulSet",
      [service(OWN), workload({ kind: "StatefulSet" })],
      "5: BLUE_GREEN_IMPOSSIBLE: Service backend selects the pods of StatefulSet backend; blue-green is for those of one Deployment; let its selector pick the pods of one Deployment, or set backend.strategy: rolling",
    ],
    [
      "of two Deployments",
      [service(OWN), workload(), workload({ name: "other" }).replace("app: other", "app: backend")],
      "5: BLUE_GREEN_IMPOSSIBLE: Service backend selects the pods of Deployment backend and Deployment other; blue-green is for those of one Deployment; let its selector pick the pods of one Deployment, or set backend.strategy: rolling",
    ],
  ])("fails: a Service that is %s", (_, manifests, problem) => {
    expect(problemsOf("blue-green", ...manifests)).toEqual([problem])
  })
})
