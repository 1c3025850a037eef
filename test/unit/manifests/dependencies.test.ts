import { expect, test } from "vitest"

import { dependenciesOf } from "../../../.dagger/src/manifests/dependencies.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"

const workload = (kind: string, name: string, image: string, beside = "") => `
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name} }
spec: { template: { metadata: { labels: { app: ${name} } }, spec: { containers: [{ name: main, image: ${image} }${beside}] } } }
---`
const service = (name: string, spec: string) => `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ${spec} }
---`

test("what migrations may need: workloads of other images, and Services that do not lead to the release's own", () => {
  const text = [
    workload("Deployment", "frontend", "frontend"),
    workload("Deployment", "backend", "backend", ", { name: proxy, image: envoy }"),
    service("backend", "selector: { app: backend }, ports: [{ port: 8000 }]"),
    workload("StatefulSet", "postgres", "postgres:17", ", { name: metrics, image: exporter }"),
    service("postgres", "selector: { app: postgres }, ports: [{ port: 5432 }]"),
    workload("Deployment", "broker", "rabbitmq:4"),
    service("mail", "type: ExternalName, externalName: mail.example.com"),
    service("old-database", "ports: [{ port: 5432 }]"),
    "\napiVersion: v1\nkind: Endpoints\nmetadata: { name: old-database }\n---",
    "\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: postgres }\nspec: {}\n",
  ].join("")
  const objects = parseManifests([{ name: "app.yaml", text }]).map(({ object }) => object)
  expect(
    dependenciesOf(objects, ["backend", "frontend"]).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  ).toEqual([
    "StatefulSet postgres",
    "Service postgres",
    "Deployment broker",
    "Service mail",
    "Service old-database",
    "Endpoints old-database",
  ])
})
