import { expect, test } from "vitest"

import { tellsReady } from "../../../.dagger/src/deploy/rollout.ts"

const workload = (kind: string, name: string, app?: string) => ({ kind, name, namespace: "shop", app })

test.each([
  ["of Deployments", [workload("Deployment", "web", "frontend"), workload("Deployment", "api", "backend")], true],
  [
    "of Deployments, beside a database",
    [workload("Deployment", "web", "frontend"), workload("StatefulSet", "db")],
    true,
  ],
  [
    "of which one is a StatefulSet",
    [workload("Deployment", "web", "frontend"), workload("StatefulSet", "api", "backend")],
    false,
  ],
  ["of which one is a DaemonSet", [workload("DaemonSet", "api", "backend")], false],
])(
  "the first requests count with the first pods only where all of them are seen: applications %s: %s",
  (_, workloads, expected) => {
    expect(tellsReady(workloads)).toBe(expected)
  },
)
