import { parseManifests } from "../../../../.dagger/src/manifests/parse.ts"
import type { Problem } from "../../../../.dagger/src/manifests/problem.ts"
import type { App, Rule } from "../../../../.dagger/src/manifests/rules/context.ts"

const APPS: Record<string, App> = {
  backend: { service: "backend", port: 8000, health: "/health" },
  frontend: { service: "frontend", port: 3000, health: "/api/health" },
}

type Found = Omit<Problem, "where"> & { at: string | undefined }

/** What a rule finds in these manifests; `at` is what is written at the place of a problem. */
export function problemsOf(rule: Rule, ...texts: string[]): Found[] {
  const text = texts.join("\n---\n")
  const manifests = parseManifests([{ name: "app.yaml", text }])
  return [...rule({ manifests, apps: APPS })].map(({ where, ...problem }) => ({
    ...problem,
    at:
      where &&
      text
        .split("\n")
        .at(where.line - 1)
        ?.slice(where.column - 1)
        .replace(/ *[,}].*/, ""),
  }))
}

/** A workload that runs one image; `spec`, `pod` and `container` are more fields of each, as YAML in one line. */
export function workload(
  fields: { kind?: string; name?: string; image?: string; spec?: string; pod?: string; container?: string } = {},
): string {
  const { kind = "Deployment", name = "backend", image = "backend", spec, pod, container } = fields
  return `apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name} }
spec:
  ${spec ?? "paused: false"}
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      ${pod ?? "restartPolicy: Always"}
      containers:
        - name: main
          image: ${image}
          ${container ?? "tty: false"}`
}

/** An autoscaler of that object. */
export function autoscaler(kind: string, name: string): string {
  return `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: scaler }
spec: { scaleTargetRef: { apiVersion: apps/v1, kind: ${kind}, name: ${name} } }`
}
