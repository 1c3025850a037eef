import { describe, expect, test } from "vitest"

import { parseManifests } from "../../../../.dagger/src/manifests/parse.ts"
import { type App, appContainers, servingDeployments } from "../../../../.dagger/src/manifests/rules/context.ts"
import { workload } from "./problems.ts"

const API: App = { service: "backend", port: 8000, health: "/health" }
const selecting = (name: string, app: string, kind = "Service") =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: { selector: { app: ${app} }, ports: [{ port: 80 }] }`
const OWN = selecting("backend", "backend")

/** The Deployments, and the containers, that answer an application's requests. */
function servingIn(app: App, ...texts: string[]): { deployments: string[]; containers: string[] } {
  const manifests = parseManifests([{ name: "app.yaml", text: texts.join("\n---\n") }])
  const context = { manifests, apps: { backend: app } }
  return {
    deployments: servingDeployments(context).map(({ object }) => object.metadata.name),
    containers: appContainers(context).map(({ path }) => path.join(".")),
  }
}

describe("a Deployment of an application's image answers requests, unless it is a worker", () => {
  const MAIN = "spec.template.spec.containers.0"
  const worker = workload({ name: "worker" })
  const SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { A: a }"

  test.each<[why: string, deployments: string[], ...manifests: string[]]>([
    ["no Service tells otherwise", ["backend"], workload()],
    ["its Service selects it", ["backend"], workload(), OWN],
    ["its Service selects pods that are deployed from elsewhere", ["backend"], workload(), selecting("backend", "x")],
    [
      "another Service than its own selects others",
      ["backend"],
      workload(),
      worker.replace("image: backend", "image: x"),
      selecting("workers", "worker"),
    ],
    [
      "a Service of another name selects it beside",
      ["backend", "worker"],
      workload(),
      worker,
      OWN,
      selecting("jobs", "worker"),
    ],
  ])("answers: %s", (_, deployments, ...manifests) => {
    expect(servingIn(API, ...manifests)).toEqual({ deployments, containers: deployments.map(() => MAIN) })
  })

  test.each<[why: string, ...others: string[]]>([
    ["its Service selects others"],
    ["what selects it is no Service", selecting("worker", "worker", "ReplicationController")],
    ["beside objects that select nothing", SETTINGS],
    ["beside a StatefulSet of the image, whose rollout these rules do not know", workload({ kind: "StatefulSet" })],
  ])("does not: %s", (_, ...others) => {
    expect(servingIn(API, workload(), worker, OWN, ...others)).toEqual({ deployments: ["backend"], containers: [MAIN] })
  })

  test("does not: the application has no port", () => {
    expect(servingIn({ service: "backend", health: "/" }, workload(), OWN)).toEqual({ deployments: [], containers: [] })
  })

  test("answers by the one of its containers that runs the image", () => {
    const container = "tty: false\n        - { name: proxy, image: proxy }"
    expect(servingIn(API, workload({ container }), OWN)).toEqual({ deployments: ["backend"], containers: [MAIN] })
  })
})
