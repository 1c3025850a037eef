import { describe, expect, test } from "vitest"

import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { addressesOf, servicePortOf } from "../../../.dagger/src/manifests/services.ts"

const APP = { service: "backend", port: 8000 }
const POD = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: backend }
spec:
  template:
    metadata: { labels: { app: backend } }
    spec: { containers: [{ name: backend, image: backend, ports: [{ name: http, containerPort: 8000 }, { name: admin, containerPort: 9000 }] }] }
---
`

describe("the port of an application's Service is the one that leads to its container's port", () => {
  test.each([
    ["the same number", "selector: { app: backend }, ports: [{ port: 8000 }]", 8000],
    ["by number", "selector: { app: backend }, ports: [{ port: 80, targetPort: 8000 }]", 80],
    ["by name", "selector: { app: backend }, ports: [{ port: 80, targetPort: http }]", 80],
    [
      "the second of two",
      "selector: { app: backend }, ports: [{ port: 1, targetPort: admin }, { port: 2, targetPort: http }]",
      2,
    ],
    [
      "of a headless Service: the container's own",
      'clusterIP: "None", selector: { app: backend }, ports: [{ port: 80, targetPort: http }]',
      8000,
    ],
    [
      "none, where it leads elsewhere",
      "selector: { app: backend }, ports: [{ port: 8000, targetPort: admin }]",
      undefined,
    ],
    [
      "none, where it selects other pods",
      "selector: { app: other }, ports: [{ port: 80, targetPort: http }]",
      undefined,
    ],
  ])("%s", (_, spec, port) => {
    const service = `apiVersion: v1\nkind: Service\nmetadata: { name: backend }\nspec: { ${spec} }\n`
    const objects = parseManifests([{ name: "app.yaml", text: POD + service }]).map(({ object }) => object)
    expect(servicePortOf(objects, APP)).toBe(port)
    expect(addressesOf(objects, { backend: APP, frontend: { service: "web", port: 3000 } })).toEqual({
      backend: `http://backend:${port ?? 8000}`,
      frontend: "http://web:3000",
    })
  })
})
