// Blue-green: users are led to new pods at once, after these were proven, and back as fast.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"

import { errorOf } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"
import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { measure, momentsOf } from "./measure.ts"
import { Namespace } from "./namespace.ts"

let lab: Lab

beforeAll(async () => {
  lab = await temporaryLab({ name: `switch-${process.pid}` })
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
})

/** How a frontend answers its page, as an expression of the `host` that is asked for: a status and a text. */
const ANSWERS = {
  one: `[200, "one"]`,
  two: `[200, "two"]`,
  wrong: `[500, "two"]`,
  // Right for who tries it, and wrong for users.
  treacherous: `[host.startsWith("frontend") ? 500 : 200, "two"]`,
}

/** A source whose frontend writes down the moment and the host of each request for its page. */
function source(answer: keyof typeof ANSWERS, strategy: string): Source {
  const minimal = Source.minimal()
  const text = answer === "one" ? "one" : "two"
  const request = `{ name: the page, to: frontend, path: /, expect: { status: 200, contains: ${text} } }`
  return minimal
    .edit("cloud-native.yaml", "  health: /health\n", `  health: /health\n  ${strategy}\n`)
    .write(
      "cloud-native.yaml",
      `${readFileSync(join(minimal.path, "cloud-native.yaml"), "utf8")}monitor:\n  requests:\n    - ${request}\n`,
    )
    .write(
      "web/main.mjs",
      `import { createServer } from "node:http"
const server = createServer((request, response) => request.resume().on("end", () => {
  const host = request.headers.host ?? ""
  if (request.url !== "/") return response.end("ok")
  console.log(Date.now(), host)
  const [status, text] = ${ANSWERS[answer]}
  response.writeHead(status).end(text)
})).listen(3000)
process.on("SIGTERM", () => server.close())
`,
    )
}

const blueGreen = (answer: keyof typeof ANSWERS, keep: string) =>
  source(answer, `strategy: blue-green\n  keep: ${keep}`)

/** The report of the last deployment. */
async function reportOf(namespace: Namespace, of: Source): Promise<any> {
  const folder = mkdtempSync(join(tmpdir(), "cloud-native-switch-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const reported = await namespace.call(of, "report", "-o", folder).ended
  expect(reported.exitCode, reported.stderr).toBe(0)
  return JSON.parse(readFileSync(join(folder, "report.json"), "utf8"))
}

async function deployFirst(namespace: Namespace, of: Source): Promise<void> {
  const first = await namespace.deploy(of).ended
  expect(first.exitCode, first.stderr).toBe(0)
}

/** The names of the Deployments, and the slot that users reach. */
async function state(namespace: Namespace): Promise<{ deployments: string; slot: string }> {
  const slot = "--output=jsonpath={.spec.selector.cloud-native/slot}"
  return {
    deployments: await namespace.kubectl("get", "deployments", "--output=jsonpath={.items[*].metadata.name}"),
    slot: await namespace.kubectl("get", "service", "frontend", slot),
  }
}

/** Seconds from the decision until the API server had the switch. */
function secondsOf({ decided, at }: { decided: string; at: string }): number {
  return (Date.parse(at) - Date.parse(decided)) / 1000
}

test.concurrent(
  "15: a good release is proven first, then reached by all users at once; the old pods stay for a while",
  { tags: "representative" },
  async () => {
    const namespace = await Namespace.create(lab, "switch")
    await deployFirst(namespace, blueGreen("one", "30s"))
    expect(await state(namespace)).toEqual({ deployments: "backend frontend-blue", slot: "blue" })

    const second = namespace.deploy(blueGreen("two", "30s"))
    await second.said("the pods that ran before stay until")
    expect(await state(namespace)).toEqual({ deployments: "backend frontend-blue frontend-green", slot: "green" })
    const report = await reportOf(namespace, blueGreen("two", "30s"))
    expect(report).toMatchObject({ outcome: "succeeded", baseline: "healthy", availability: { failed: 0 } })
    expect(report.keptUntil).toBeDefined()
    const [moved] = report.timeline.switches
    expect(moved).toMatchObject({ service: "frontend", to: "frontend-green" })
    expect(secondsOf(moved)).toBeLessThanOrEqual(2)
    const asked = (await namespace.kubectl("logs", "--selector=cloud-native/slot=green", "--tail=-1"))
      .split("\n")
      .map(line => line.split(" "))
      .filter(([, host]) => host)
    const byUsers = asked.filter(([, host]) => host === "frontend:3000").map(([at]) => Number(at))
    // It was tried before, and by no user.
    expect(asked.filter(([, host]) => host?.startsWith("cloud-native-preview-")).length).toBeGreaterThan(50)
    expect(byUsers.length).toBeGreaterThan(50)
    expect(Math.min(...byUsers)).toBeGreaterThanOrEqual(Date.parse(moved.decided))

    const ended = await second.ended
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/100\.000 % answered as expected, from before the first change/)
    expect(await state(namespace)).toEqual({ deployments: "backend frontend-green", slot: "green" })
    expect(await namespace.leftovers()).toBe("")
    expect(await namespace.kubectl("get", "services", "--output=name")).toBe("service/backend\nservice/frontend\n")

    const again = await namespace.deploy(blueGreen("two", "30s")).ended
    expect(again.stdout).toContain("Unchanged in namespace switch")
    expect(await state(namespace)).toEqual({ deployments: "backend frontend-green", slot: "green" })
  },
)

test.concurrent("15: new pods that answer wrongly are never reached by a user", async context => {
  const namespace = await Namespace.create(lab, "switch-wrong")
  await deployFirst(namespace, blueGreen("one", "0s"))
  const before = await namespace.running()
  const second = namespace.deploy(blueGreen("wrong", "0s"))
  const moments = momentsOf(second, "apply: ")
  const ended = await second.ended
  expect(ended.exitCode, ended.stderr).toBe(1)
  for (const text of [
    "AVAILABILITY_FAILED: the new pods were asked before any user",
    "status 500",
    "no user has reached",
  ])
    expect(errorOf(ended)).toContain(text)
  const report = await reportOf(namespace, blueGreen("wrong", "0s"))
  expect(report).toMatchObject({ recovery: { action: "withdrawn" }, availability: { failed: 0 }, changed: false })
  expect(report.timeline.switches).toBeUndefined()
  await expect.poll(() => namespace.running(), { timeout: 60_000 }).toEqual(before)
  expect(await state(namespace)).toEqual({ deployments: "backend frontend-blue", slot: "blue" })
  expect(await namespace.leftovers()).toBe("")
  measure(context, { code: "AVAILABILITY_FAILED", since: "apply", ...(await moments) })
})

test.concurrent("15: with a rolling update, users run into the same pods (negative control)", async context => {
  const namespace = await Namespace.create(lab, "switch-rolling")
  await deployFirst(namespace, source("one", "strategy: rolling"))
  const second = namespace.deploy(source("wrong", "strategy: rolling"))
  const moments = momentsOf(second, "apply: ")
  const ended = await second.ended
  expect(ended.exitCode, ended.stderr).toBe(1)
  for (const text of ["AVAILABILITY_FAILED", "status 500", "rolled back to", "for users, until it was undone"])
    expect(errorOf(ended)).toContain(text)
  const report = await reportOf(namespace, source("wrong", "strategy: rolling"))
  expect(report.availability.failed).toBeGreaterThan(0)
  measure(context, { code: "AVAILABILITY_FAILED", since: "apply", ...(await moments) })
})

test.concurrent("15: what fails only once users are there is undone by one switch", async context => {
  const namespace = await Namespace.create(lab, "switch-back")
  await deployFirst(namespace, blueGreen("one", "0s"))
  const before = await namespace.running()
  const second = namespace.deploy(blueGreen("treacherous", "0s"))
  const moments = momentsOf(second, "switch: frontend")
  const ended = await second.ended
  expect(ended.exitCode, ended.stderr).toBe(1)
  for (const text of ["AVAILABILITY_FAILED", "status 500", "rolled back to", "for users, until it was undone"])
    expect(errorOf(ended)).toContain(text)
  const report = await reportOf(namespace, blueGreen("treacherous", "0s"))
  const [there, back] = report.timeline.switches
  expect([there, back]).toMatchObject([{ to: "frontend-green" }, { to: "frontend-blue" }])
  expect(secondsOf(back)).toBeLessThanOrEqual(2)
  await expect.poll(() => namespace.running(), { timeout: 60_000 }).toEqual(before)
  expect(await state(namespace)).toEqual({ deployments: "backend frontend-blue", slot: "blue" })
  measure(context, { code: "AVAILABILITY_FAILED", since: "apply", ...(await moments), whole: Date.parse(back.at) })
})

test.concurrent("15: a rollback while the old pods stay is one switch", async () => {
  const namespace = await Namespace.create(lab, "switch-rollback")
  await deployFirst(namespace, blueGreen("one", "0s"))
  const before = await namespace.running()
  const second = namespace.deploy(blueGreen("two", "1h"))
  onTestFinished(() => second.kill())
  await second.said("the pods that ran before stay until")
  const called = Date.now()
  const rollback = namespace.call(blueGreen("two", "1h"), "rollback")
  const [begun, switched] = await Promise.all([rollback.said("rollback: to"), rollback.said("switch: frontend")])
  const back = await rollback.ended
  expect(back.exitCode, back.stderr).toBe(0)
  expect(back.stdout).toContain("100.000 %")
  const report = await reportOf(namespace, blueGreen("two", "1h"))
  const [moved] = report.timeline.switches
  expect(moved).toMatchObject({ to: "frontend-blue" })
  expect(secondsOf(moved)).toBeLessThanOrEqual(2)
  const after = [begun, called].map(moment => `${((switched - moment) / 1000).toFixed(1)} s`)
  console.log(
    `switched ${secondsOf(moved)} s after the decision, ${after[0]} after its beginning, ${after[1]} after the call`,
  )
  expect(report.timeline.steps.map(({ step }: { step: string }) => step)).toEqual(["switch", "rollout", "verify"])
  await expect.poll(() => namespace.running(), { timeout: 60_000 }).toEqual(before)
  expect(await state(namespace)).toEqual({ deployments: "backend frontend-blue", slot: "blue" })
})

test.concurrent(
  "15: an autoscaler and a budget follow the users, and the new pods are as many as the old ones",
  async () => {
    const namespace = await Namespace.create(lab, "switch-scaled")
    const selector = "  selector: { matchLabels: { app: frontend } }\n"
    const surge = "  strategy: { rollingUpdate: { maxUnavailable: 0 } }\n"
    const scaled = (answer: keyof typeof ANSWERS) =>
      blueGreen(answer, "0s")
        .edit("k8s/app.yaml", selector, selector + surge)
        .write(
          "k8s/scaling.yaml",
          `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: frontend }
spec:
  minReplicas: 2
  maxReplicas: 4
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: frontend }
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 90 } } }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: frontend }
spec: { minAvailable: 1, selector: { matchLabels: { app: frontend } } }
`,
        )
    const follows = async () => {
      const target = await namespace.kubectl("get", "hpa", "frontend", "--output=jsonpath={.spec.scaleTargetRef.name}")
      const labels = "--output=jsonpath={.spec.selector.matchLabels.cloud-native/slot}"
      return [target, await namespace.kubectl("get", "pdb", "frontend", labels)]
    }
    await deployFirst(namespace, scaled("one"))
    expect(await follows()).toEqual(["frontend-blue", "blue"])
    await namespace.kubectl("scale", "deployment/frontend-blue", "--replicas=3")
    await namespace.kubectl("rollout", "status", "deployment/frontend-blue", "--timeout=120s")
    const second = await namespace.deploy(scaled("two")).ended
    expect(second.exitCode, second.stderr).toBe(0)
    expect(second.stdout).toContain("100.000 %")
    expect(second.stderr).toContain("frontend-green: 3 pods, as many as serve now")
    expect(await follows()).toEqual(["frontend-green", "green"])
    const replicas = "--output=jsonpath={.spec.replicas}"
    expect(Number(await namespace.kubectl("get", "deployment", "frontend-green", replicas))).toBeGreaterThanOrEqual(2)
    const again = await namespace.deploy(scaled("two")).ended
    expect(again.stdout).toContain("Unchanged in namespace switch-scaled")
  },
)

test.concurrent("15: from rolling updates to blue-green and back, users notice nothing", async () => {
  const namespace = await Namespace.create(lab, "switch-strategy")
  await deployFirst(namespace, source("one", "strategy: rolling"))
  expect(await state(namespace)).toEqual({ deployments: "backend frontend", slot: "" })
  const failed = await namespace.deploy(blueGreen("wrong", "0s")).ended
  expect(errorOf(failed)).toContain("no user has reached the new pods")
  const selector = () => namespace.kubectl("get", "service", "frontend", "--output=jsonpath={.spec.selector}")
  expect(JSON.parse(await selector())).toEqual({ app: "frontend" })
  const undone = await namespace.deploy(blueGreen("treacherous", "0s")).ended
  expect(errorOf(undone)).toContain("rolled back to")
  expect(JSON.parse(await selector())).toEqual({ app: "frontend" })
  expect(await state(namespace)).toEqual({ deployments: "backend frontend", slot: "" })

  for (const [of, slot] of [
    [blueGreen("two", "0s"), "blue"],
    [source("one", "strategy: rolling"), "blue"],
  ] as const) {
    const ended = await namespace.deploy(of).ended
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/100\.000 % answered as expected, from before the first change/)
    expect(await state(namespace)).toEqual({ deployments: "backend frontend-blue", slot })
  }
})
