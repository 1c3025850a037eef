import { describe, expect, test } from "vitest"

import { backendUrlUnresolved } from "../../../../.dagger/src/manifests/rules/backend-url.ts"
import { problemsOf, workload } from "./problems.ts"

const BACKEND = workload({ container: "ports: [{ name: http, containerPort: 8000 }]" })
const service = (name: string, spec: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { ${spec} }`
const SERVICES = [
  service(
    "backend",
    "selector: { app: backend }, ports: [{ port: 80, targetPort: 8000 }, { port: 443, targetPort: http }, { port: 8000 }]",
  ),
  service("closed", "selector: { app: backend }, ports: [{ port: 80, targetPort: web }]"),
  service("undeclared", "selector: { app: backend }, ports: [{ port: 80, targetPort: 9000 }]"),
  service("podless", "selector: { app: other }, ports: [{ port: 80 }]"),
  service("portless", "selector: { app: backend }"),
]
const configMap = (name: string, url: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata:\n  ${name}: ${url}`
const env = (url: string) =>
  workload({
    name: "web",
    image: "frontend",
    container: `env:\n            - { name: FIRST, value: a }\n            - name: BACKEND_URL\n              value: ${url}`,
  })

const found = (...manifests: string[]) => problemsOf(backendUrlUnresolved, BACKEND, ...SERVICES, ...manifests)

describe("backendUrlUnresolved: BACKEND_URL leads to pods of the backend", () => {
  test.each([
    ["http://backend", "port 80 is HTTP's own"],
    ["https://backend", "port 443 is that of HTTPS"],
    ["http://backend:8000/base", "a port, and a path"],
    ["http://backend.shop", "with the namespace"],
    ["http://backend.shop.svc", "with the namespace, as a Service"],
    ["http://backend.shop.svc.cluster.local", "in full"],
    ["http://backend.${NAMESPACE}.svc:8000", "in the namespace of the release"],
    ["http://undeclared", "a port that the container may listen on, though it declares another"],
    ["http://api.example.com:9999", "a host elsewhere is not the manifests' to know"],
    ["http://backend.example.com:9999", "nor is one whose first part is called like a Service"],
    ["http://$(BACKEND_HOST):8000", "what the kubelet composes is not known"],
    ["http://$(BACKEND_SERVICE_HOST):$(BACKEND_SERVICE_PORT)", "nor is what it knows of Services"],
    ["http://api.example.com/svc", "nor is a path that looks like one of the cluster"],
  ])("passes: %s: %s", url => {
    expect(found(configMap("BACKEND_URL", url), env(url))).toEqual([])
  })

  test("passes: no such variable, or one that refers to another object", () => {
    const reference = "env: [{ name: BACKEND_URL, valueFrom: { configMapKeyRef: { name: web, key: URL } } }]"
    const empty = "{ apiVersion: v1, kind: ConfigMap, metadata: { name: empty } }"
    expect(found(configMap("API_URL", "http://api"), workload({ name: "web", container: reference }), empty)).toEqual(
      [],
    )
    expect(found(env("http://api").replace("BACKEND_URL", "API_URL"))).toEqual([])
  })

  test.each([
    ["backend", "it is not a URL of http or https"],
    ["backend:8000", "it is not a URL of http or https"],
    ["tcp://backend:8000", "it is not a URL of http or https"],
    ["http://localhost:8000", "the manifests have no Service localhost"],
    ["http://api", "the manifests have no Service api"],
    ["http://backend-2", "the manifests have no Service backend-2"],
    ["http://api.${NAMESPACE}", "the manifests have no Service api"],
    ["http://api.shop.svc", "the manifests have no Service api"],
    ["http://backend.shop.svc.example.com", "the manifests have no Service backend.shop.svc.example.com"],
    ["http://backend.shop.pod", "the manifests have no Service backend.shop.pod"],
    ["http://backend:81", "Service backend has no port 81, but 80, 443, 8000"],
    ["http://portless", "Service portless has no port 80, but none"],
    ["https://closed", "Service closed has no port 443, but 80"],
    ["http://podless", "Service podless selects no pods"],
    ["http://closed", "no container that Service closed selects has a port of the name web"],
  ])("fails: %s: %s", (url, why) => {
    const fix = "let it be http://SERVICE:PORT of a Service that selects the backend's pods"
    const what = `BACKEND_URL ${url} leads nowhere: ${why}`
    const code = "BACKEND_URL_UNRESOLVED"
    expect(found(configMap("BACKEND_URL", url), env(url))).toEqual([
      { code, at: `BACKEND_URL: ${url}`.replace(/}.*/, ""), what: `ConfigMap web: ${what}`, fix },
      { code, at: `value: ${url}`.replace(/}.*/, ""), what: `Deployment web: ${what}`, fix },
    ])
  })
})
