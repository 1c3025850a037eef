import { expect, test } from "vitest"

import { diff, parseObjects } from "../../../.dagger/src/deploy/diff.ts"

const line = (kind: string, name: string, labels: object, spec: object) => [kind, name, JSON.stringify(labels), "", JSON.stringify(spec), "", "", "", ""].join("\t")

test("objects that are new, changed field by field, or as they were", () => {
  const live = parseObjects([
    line("Deployment", "web", { app: "web" }, { replicas: 2, containers: [{ name: "web", image: "web@sha256:1" }] }),
    line("Service", "web", {}, { ports: [{ port: 80 }] }),
  ].join("\n"))
  const planned = parseObjects([
    line("Deployment", "web", { app: "web", tier: "front" }, { containers: [{ name: "web", image: "<new>" }] }),
    line("Service", "web", {}, { ports: [{ port: 80 }] }),
    line("Ingress", "web", {}, {}),
  ].join("\n"))
  expect(diff(live, planned)).toEqual([
    "~ Deployment web",
    '    + metadata.labels.tier: "front"',
    '    ~ spec.containers[0].image: "web@sha256:1" → "<new>"',
    "    - spec.replicas: 2",
    "  Service web: unchanged",
    "+ Ingress web",
  ])
})
