import { describe, expect, test } from "vitest"

import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { addressesOf, backingOf, selects, servicePortOf } from "../../../.dagger/src/manifests/services.ts"

const APP = { service: "backend", port: 8000, health: "/health" }
/** Selects pods that no manifest has. */
const ELSEWHERE = "selector: { app: other }, ports: [{ port: 80, targetPort: 8000 }]"
const SIDECAR = "{ name: proxy, image: proxy, restartPolicy: Always, ports: [{ containerPort: 8000 }] }"
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
    ["by number, though its pods are deployed from elsewhere", ELSEWHERE, 80],
    ["none, where it has no ports", "selector: { app: backend }", undefined],
    [
      "none, where it leads elsewhere",
      "selector: { app: backend }, ports: [{ port: 8000, targetPort: admin }]",
      undefined,
    ],
    [
      "none, where it leads to another number",
      "selector: { app: backend }, ports: [{ port: 8000, targetPort: 9000 }]",
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
    const frontend = { service: "web", port: 3000, health: "/healthz" }
    expect(addressesOf(objects, { backend: APP, frontend })).toEqual({
      backend: { url: `http://backend:${port ?? 8000}`, health: "/health", probeHeaders: {} },
      frontend: { url: "http://web:3000", health: "/healthz", probeHeaders: {} },
    })
  })
})

describe("an application's probes", () => {
  const probing = (headers: string) =>
    POD.replace("ports:", `readinessProbe: { httpGet: { port: 8000, httpHeaders: [${headers}] } }, ports:`)
  const headers = "{ name: host, value: shop.example.com }, { name: X-Probe, value: yes }"
  const service =
    "apiVersion: v1\nkind: Service\nmetadata: { name: backend }\nspec: { selector: { app: backend }, ports: [{ port: 8000 }] }\n"
  test.each([
    ["send headers", probing(headers) + service, { Host: "shop.example.com", "X-Probe": "yes" }],
    ["send none", probing("") + service, {}],
    [
      "send headers, those of the second container alone",
      probing(headers).replace("containers: [", "containers: [{ name: proxy, image: proxy }, ") + service,
      { Host: "shop.example.com", "X-Probe": "yes" },
    ],
    [
      "are of pods that its Service does not select",
      probing(headers).replaceAll("app: backend", "app: other") + service,
      {},
    ],
    ["are of a Job's pods", probing(headers).replace("apps/v1", "batch/v1").replace("Deployment", "Job") + service, {}],
    ["are unknown, without a Service", probing(headers), {}],
  ])("%s", (_, text, expected) => {
    const objects = parseManifests([{ name: "app.yaml", text }]).map(({ object }) => object)
    expect(addressesOf(objects, { backend: APP }).backend!.probeHeaders).toEqual(expected)
  })
})

describe("what a port of a Service leads to", () => {
  const job = POD.replace("apps/v1", "batch/v1").replace("Deployment", "Job")
  const second = POD.replace("metadata: { name: backend }", "metadata: { name: second }").replaceAll("8000", "8001")
  const bare = POD.replace(/, ports: \[.*?\]/, "")
  test.each([
    ["a container's port", POD, "ready"],
    [
      "a port of the second container",
      POD.replace("containers: [", "containers: [{ name: proxy, image: proxy }, "),
      "ready",
    ],
    ["a port that the containers of one workload have", second + POD, "ready"],
    ["a port that no container declares, though others", second, "undeclared"],
    ["pods that declare no port: they may listen on any", bare, "ready"],
    ["pods of which some declare no port", second + bare, "ready"],
    [
      "a sidecar that starts before",
      second.replace("containers: [", `initContainers: [${SIDECAR}], containers: [`),
      "ready",
    ],
    [
      "an init container, which has ended by then",
      second.replace("containers: [", `initContainers: [${SIDECAR.replace("Always", "Never")}], containers: [`),
      "undeclared",
    ],
    ["pods of a Job, which answer nothing", job, "unselected"],
    ["pods without labels", POD.replace(/metadata: \{ labels.*/, ""), "unselected"],
    ["no pods", "", "unselected"],
  ])("%s", (_, pods, backing) => {
    const text = `${pods}apiVersion: v1\nkind: Service\nmetadata: { name: backend }\nspec: { selector: { app: backend }, ports: [{ port: 8000 }] }\n`
    const manifests = parseManifests([{ name: "app.yaml", text }])
    const service = manifests.at(-1)!.object as Parameters<typeof backingOf>[0]
    expect(backingOf(service, { port: 8000 }, manifests)).toBe(backing)
  })

  test.each([
    ["a port of that name", POD, "ready"],
    ["no port of that name", POD.replace("http", "web"), "not listening"],
    ["pods that declare no port, and so none of that name", bare, "not listening"],
  ])("by name: %s", (_, pods, backing) => {
    const manifests = parseManifests([
      {
        name: "app.yaml",
        text: `${pods}apiVersion: v1\nkind: Service\nmetadata: { name: backend }\nspec: { selector: { app: backend } }\n`,
      },
    ])
    const service = manifests.at(-1)!.object as Parameters<typeof backingOf>[0]
    expect(backingOf(service, { port: 80, targetPort: "http" }, manifests)).toBe(backing)
  })
})

describe("a selector picks pods that have all of its labels", () => {
  const LABELS = { app: "backend", tier: "api" }
  test.each<[string, Record<string, string> | undefined, Record<string, string> | undefined, boolean]>([
    ["all that they have", LABELS, LABELS, true],
    ["some that they have", { tier: "api" }, LABELS, true],
    ["one that they have, and one that they have not", { app: "backend", role: "primary" }, LABELS, false],
    ["one that has another value", { app: "frontend" }, LABELS, false],
    ["none: such a Service picks no pods", {}, LABELS, false],
    ["none given", undefined, LABELS, false],
    ["pods without labels", LABELS, undefined, false],
  ])("%s", (_, selector, labels, picked) => {
    expect(selects(selector, labels)).toBe(picked)
  })
})
