// A registry and a cluster of the user's: the lab's. So it runs with the embedded engine only (see vitest.config.ts).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { parse } from "yaml"

import { kubectl as kubectlOn } from "../lab/kubectl.ts"
import { labDown, temporaryLab, type Lab } from "../lab/lab.ts"
import { prepareTarget } from "../target/target.ts"
import { dagger, type Ended } from "./dagger.ts"
import { Source } from "./source.ts"
import { poll, User } from "./user.ts"

const NAMESPACE = "tasks"
const APPLICATIONS = ["backend", "frontend"]

const folder = mkdtempSync(join(tmpdir(), "cloud-native-lab-"))
const dotenv = join(folder, "secrets.env")
let lab: Lab

beforeAll(async () => {
  lab = await temporaryLab({ name: `e2e-${process.pid}` })
  await prepareTarget(lab, NAMESPACE, dotenv)
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
  rmSync(folder, { recursive: true })
})

test("a second version replaces the first one while a user works, who notices nothing but the new version", async () => {
  // With a user, its database and the builds on the same two cores, the monitor is given less to send.
  const source = Source.sample().edit("cloud-native.yaml", "monitor:\n", "monitor:\n  rate: 10\n")

  const first = await deploy(source)
  expect(first.exitCode, first.stderr).toBe(0)
  expect(migrations(first)).toEqual(["backend: ran", "frontend: ran"])
  expect(first.stdout).toContain("ok  the backend refuses an unsigned token")
  await untilEachHasTwoPods()

  const user = await User.signUp(lab.appUrl)
  expect((await user.post("/api/tasks", { title: "seen all along" })).status).toBe(201)
  const requests = [{ path: "/api/tasks", contains: "seen all along" }, { path: "/", contains: user.name }]
  const working = poll(user, requests)
  const fewest = fewestPods()

  source
    .edit("test/app/frontend/app/page.tsx", "<h1>Tasks</h1>", "<h1>Tasks, second version</h1>")
    .edit("test/app/backend/app/tasks.py", "no such task", "no such task in the second version")
  const second = await deploy(source)
  expect(second.exitCode, second.stderr).toBe(0)
  expect(migrations(second)).toEqual(["backend: ran", "frontend: ran"])

  const seen = await working.stop()
  expect(seen.wrong).toEqual([])
  expect(seen.sent).toBeGreaterThan(100)
  expect(await fewest.stop()).toBeGreaterThanOrEqual(2)

  expect(await (await user.get("/")).text()).toContain("Tasks, second version")
  expect(await (await user.get("/api/tasks/00000000-0000-4000-8000-000000000000")).json()).toEqual({ detail: "no such task in the second version" })
  expect((await user.post("/api/tasks", { title: "still signed in" })).status).toBe(201)
  expect(await runningImages()).toEqual(references(second))
  expect(references(second)).not.toEqual(references(first))

  // The same once more is no new release: no migration runs, no pod is replaced.
  const before = await podNames()
  const again = await deploy(source)
  expect(again.exitCode, again.stderr).toBe(0)
  expect(migrations(again)).toEqual(["backend: had run", "frontend: had run"])
  expect(await podNames()).toEqual(before)

  const output = [first, second, again].map(ended => ended.stdout + ended.stderr).join("\n")
  expect(leaks(output, secretValues())).toEqual([])
  for (const { name, value, forms } of secretValues()) expect(forms.map(form => leaks(`x${form}y`, [{ name, value, forms }]))).not.toContainEqual([])

  // What the poller is worth: with a cookie that is not the user's, it reports refusals.
  const stranger = poll(user.forged(), requests)
  await delay(1000)
  expect((await stranger.stop()).wrong).toContainEqual(expect.stringMatching(/\/api\/tasks: 401$/))
})

test("a version that never becomes ready is rolled back, and its users notice nothing; another one is gone back from by hand", async () => {
  const source = Source.sample()
  const good = await deploy(source)
  expect(good.exitCode, good.stderr).toBe(0)
  expect(good.stdout).toContain("100.000 % answered as they must be")
  await untilEachHasTwoPods()
  const images = references(good)
  const user = await User.signUp(lab.appUrl)
  const working = poll(user, [{ path: "/api/tasks", contains: "[" }, { path: "/", contains: user.name }])

  source.edit("test/app/backend/app/tasks.py", "no such task", "no such task in the bad version")
  const bad = await deploy(source.edit("k8s/deployment.yaml", "/health?check=database", "/nowhere"))
  expect(bad.exitCode, bad.stderr).toBe(1)
  for (const text of ["ROLLOUT_FAILED", "readiness probe", "404", "rolled back to"]) expect(bad.stderr).toContain(text)
  expect(await runningImages()).toEqual(images)
  expect((await working.stop()).wrong).toEqual([])

  const report = join(folder, "report")
  const reported = await dagger(`--source=${source.path}`, "report", `--kubeconfig=file:${lab.kubeconfig}`, "-o", report)
  expect(reported.exitCode, reported.stderr).toBe(0)
  expect(JSON.parse(readFileSync(join(report, "report.json"), "utf8"))).toMatchObject({
    outcome: "failed",
    failure: { code: "ROLLOUT_FAILED" },
    recovery: { action: "rolled back" },
    baseline: "healthy",
    availability: { percent: 100 },
  })
  expect(readFileSync(join(report, "report.md"), "utf8")).toContain("ROLLOUT_FAILED")
  expect(readFileSync(join(report, "availability.svg"), "utf8")).toContain("100.000 %")

  const planned = await dagger(
    `--source=${source.edit("k8s/deployment.yaml", "/nowhere", "/health?check=database").path}`, "plan",
    `--kubeconfig=file:${lab.kubeconfig}`, `--secrets=file:${dotenv}`, `--public-url=${lab.appUrl}`,
  )
  expect(planned.exitCode, planned.stderr).toBe(0)
  expect(planned.stdout).toMatch(/~ Deployment backend\n.*image: .* → "<new>"/)
  expect(planned.stdout).toContain("  Service backend: unchanged")
  expect(await runningImages()).toEqual(images)

  const newer = await deploy(source)
  expect(newer.exitCode, newer.stderr).toBe(0)
  expect(await runningImages()).not.toEqual(images)
  const back = await dagger(`--source=${source.path}`, "rollback", `--kubeconfig=file:${lab.kubeconfig}`)
  expect(back.exitCode, back.stderr).toBe(0)
  expect(back.stdout).toContain("Rolled back to namespace tasks")
  expect(await runningImages()).toEqual(images)

  const printed = [good, bad, reported, planned, newer, back].map(ended => ended.stdout + ended.stderr)
  const written = ["report.json", "report.md", "availability.svg"].map(name => readFileSync(join(report, name), "utf8"))
  const kept = await kubectl("get", "configmaps,deployments,replicasets,jobs,leases,events", "--output=yaml")
  expect(leaks([...printed, ...written, kept].join("\n"), secretValues())).toEqual([])
})

test("of two deployments at once, the second is told who is at it; a Lease of one that is dead is taken over", async () => {
  const lease = (renewTime: string) => ({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "cloud-native-tasks" },
    spec: { holderIdentity: "somebody else", acquireTime: renewTime, renewTime, leaseDurationSeconds: 60 },
  })
  const file = join(folder, "lease.json")
  const hold = async (seconds: number) => {
    writeFileSync(file, JSON.stringify(lease(new Date(Date.now() - seconds * 1000).toISOString().replace("Z", "000Z"))))
    await kubectl("apply", `--filename=${file}`)
  }
  await hold(0)
  const alive = setInterval(() => void hold(0), 3_000)
  const locked = await deploy(Source.sample())
  clearInterval(alive)
  expect(locked.exitCode, locked.stderr).toBe(1)
  for (const text of ["LOCKED", "somebody else"]) expect(locked.stderr).toContain(text)

  await hold(3600)
  const taken = await deploy(Source.sample())
  expect(taken.exitCode, taken.stderr).toBe(0)
  expect(taken.stderr).toContain("taken over from somebody else")
  expect(await kubectl("get", "leases", "--output=name")).toBe("")
})

function deploy(source: Source): Promise<Ended> {
  return dagger(
    `--source=${source.path}`, "deploy",
    `--registry=${lab.registry}`, `--registry-service=tcp://${lab.registry}`, `--kubeconfig=file:${lab.kubeconfig}`, `--secrets=file:${dotenv}`, `--public-url=${lab.appUrl}`,
    "--handshake",
  )
}

const kubectl = (...args: string[]) => kubectlOn(lab, [`--namespace=${NAMESPACE}`, ...args])

/** Pods that serve, of the application that has the fewest. */
async function availablePods(): Promise<number> {
  const counts = await kubectl("get", "deployment", ...APPLICATIONS, "--output=jsonpath={.items[*].status.availableReplicas}")
  return Math.min(...counts.split(" ").map(Number))
}

/** The autoscaler brings each to its minimum of two, in its own time. */
async function untilEachHasTwoPods(): Promise<void> {
  while ((await availablePods()) < 2) await delay(1000)
}

function fewestPods(): { stop(): Promise<number> } {
  let stopped = false
  onTestFinished(() => void (stopped = true))
  const watched = (async () => {
    let fewest = Infinity
    while (!stopped) {
      fewest = Math.min(fewest, await availablePods())
      await delay(1000)
    }
    return fewest
  })()
  return { stop: () => ((stopped = true), watched) }
}

const RUNNING = ["get", "pods", "--selector=app.kubernetes.io/name in (backend, frontend)", "--field-selector=status.phase=Running"]

async function podNames(): Promise<string[]> {
  return (await kubectl(...RUNNING, "--output=jsonpath={.items[*].metadata.name}")).split(" ").sort()
}

async function runningImages(): Promise<string[]> {
  const images = await kubectl(...RUNNING, "--output=jsonpath={.items[*].spec.containers[*].image}")
  return [...new Set(images.split(" "))].sort()
}

function references({ stdout }: Ended): string[] {
  return [...new Set(stdout.match(/localhost:\d+\/\S+@sha256:[0-9a-f]{64}/g))].sort()
}

function migrations({ stdout }: Ended): string[] {
  return [...stdout.matchAll(/(\w+)-migration-\S+: (ran|had run)/g)].map(match => `${match[1]}: ${match[2]}`).sort()
}

interface SecretValue {
  name: string
  value: string
  /** As it could stand in an output. */
  forms: string[]
}

/** What nobody may read in the output: the applications' secrets, and the kubeconfig's key. */
function secretValues(): SecretValue[] {
  const applications = [...readFileSync(dotenv, "utf8").matchAll(/^(\w+)=(.*)$/gm)].map(match => [match[1]!, match[2]!] as const)
  const password = ["password", /:([0-9a-f]+)@/.exec(readFileSync(dotenv, "utf8"))![1]!] as const
  const { user } = parse(readFileSync(lab.kubeconfig, "utf8")).users[0]
  const key = Buffer.from(user["client-key-data"], "base64").toString()
  const access = [["client-key-data", user["client-key-data"]], ["a line of the key", key.split("\n")[1]!]] as const
  return [...applications, password, ...access].map(([name, value]) => ({
    name,
    value,
    forms: [value, Buffer.from(value).toString("base64"), encodeURIComponent(value)],
  }))
}

/** The names of the secrets that stand in a text. */
function leaks(text: string, secrets: SecretValue[]): string[] {
  return secrets.filter(({ forms }) => forms.some(form => text.includes(form))).map(({ name }) => name)
}
