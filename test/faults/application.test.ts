// The sample application, with its database and its users, on a cluster of its own.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"

import { BrowserUser } from "../e2e/browser.ts"
import { errorOf, type Call } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"
import { poll, User } from "../e2e/user.ts"
import { labDown, temporaryLab, type Lab } from "../lab/lab.ts"
import { prepareTarget } from "../target/target.ts"
import { Namespace } from "./namespace.ts"

const folder = mkdtempSync(join(tmpdir(), "cloud-native-application-"))
const dotenv = join(folder, "secrets.env")
let lab: Lab
let namespace: Namespace

beforeAll(async () => {
  lab = await temporaryLab({ name: `application-${process.pid}` })
  namespace = Namespace.of(lab, "tasks")
  await prepareTarget(lab, namespace.name, dotenv)
  const first = await deploy(Source.sample()).ended
  expect(first.exitCode, first.stderr).toBe(0)
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
  rmSync(folder, { recursive: true })
})

function deploy(source: Source, secrets = dotenv): Call {
  return namespace.deploy(source, `--secrets=file:${secrets}`, `--public-url=${lab.appUrl}`)
}

/** A version that differs in both applications. */
function version(name: string): Source {
  return Source.sample()
    .edit("test/app/frontend/app/page.tsx", "<h1>Tasks</h1>", `<h1>Tasks, ${name}</h1>`)
    .edit("test/app/backend/app/tasks.py", "no such task", `no such task in ${name}`)
}

/** Of each application, the pods that its Deployment asks for. */
async function replicas(): Promise<number[]> {
  return (await namespace.kubectl("get", "deployments", "backend", "frontend", "--output=jsonpath={.items[*].spec.replicas}")).split(" ").map(Number)
}

test("8: both applications are replaced under load: 100 %, and the user stays signed in", async () => {
  const user = await User.signUp(lab.appUrl)
  expect((await user.post("/api/tasks", { title: "seen all along" })).status).toBe(201)
  const working = poll(user, [{ path: "/api/tasks", contains: "seen all along" }, { path: "/", contains: user.name }])
  const browser = await BrowserUser.signUp(lab.appUrl)
  onTestFinished(() => browser.close())
  await browser.addTask("written in a browser")
  const ended = await deploy(version("second")).ended
  expect(ended.exitCode, ended.stderr).toBe(0)
  expect(ended.stdout).toMatch(/100\.000 % answered as they must be, from before the first change/)
  const seen = await working.stop()
  expect(seen.wrong).toEqual([])
  expect(seen.sent).toBeGreaterThan(100)
  expect(await (await user.get("/")).text()).toContain("Tasks, second")
  expect(await browser.reload()).toEqual({ name: "Ada", heading: "Tasks, second", tasks: ["written in a browser"] })
})

test("8: the same without preStop and readiness: reported as failed, with the outage's length (negative control)", async () => {
  const source = version("without grace")
  const manifests = readFileSync(join(source.path, "k8s/deployment.yaml"), "utf8")
  const without = manifests.replace(/^ +(?:startupProbe|readinessProbe|lifecycle):\n(?: {12,}.*\n)+/gm, "").replace(/minReadySeconds: 5/g, "minReadySeconds: 0")
  expect(without).not.toMatch(/preStop|readinessProbe/)
  const ended = await deploy(source.write("k8s/deployment.yaml", without)).ended
  expect(ended.exitCode, ended.stderr).toBe(1)
  for (const text of ["AVAILABILITY_FAILED", "outage of", "longest outage", "rolled back to"]) expect(errorOf(ended), ended.stderr).toContain(text)
})

test("7: a BACKEND_URL that leads nowhere: both applications are healthy, and the users' tasks are not there", async () => {
  const source = version("lost").edit("k8s/config.yaml", "BACKEND_URL: http://backend:8000", "BACKEND_URL: http://nowhere:8000")
  const ended = await deploy(source).ended
  expect(ended.exitCode, ended.stderr).toBe(1)
  for (const text of ["AVAILABILITY_FAILED", "the user's tasks, through the frontend", "BACKEND_URL", "rolled back to"]) expect(errorOf(ended), ended.stderr).toContain(text)
})

test("2: a Secret whose value is wrong is told from one that is missing: the database refuses the password", async () => {
  const wrong = join(folder, "wrong.env")
  const password = /:([0-9a-f]+)@/.exec(readFileSync(dotenv, "utf8"))![1]!
  writeFileSync(wrong, readFileSync(dotenv, "utf8").replaceAll(password, "not-the-password"))
  const before = await namespace.running()
  const ended = await deploy(version("wrong password"), wrong).ended
  expect(ended.exitCode, ended.stderr).toBe(1)
  for (const text of ["MIGRATION_FAILED", "password authentication failed", "no pod was changed"]) expect(errorOf(ended), ended.stderr).toContain(text)
  expect(ended.stderr).not.toContain("not-the-password")
  expect(await namespace.running()).toEqual(before)
})

test("11: under load the autoscaler scales out, and a deployment meanwhile leaves its number of pods alone", async () => {
  // A share of a CPU that the monitor's and this user's requests use anyway.
  const eager = (source: Source) => source.write("k8s/hpa.yaml", readFileSync(join(source.path, "k8s/hpa.yaml"), "utf8").replaceAll("averageUtilization: 75", "averageUtilization: 5"))
  const user = await User.signUp(lab.appUrl)
  const working = poll(user, [{ path: "/", contains: user.name }])
  const first = await deploy(eager(version("that scales"))).ended
  expect(first.exitCode, first.stderr).toBe(0)
  await expect.poll(async () => Math.max(...(await replicas())), { timeout: 180_000, interval: 2_000 }).toBeGreaterThan(2)
  const scaled = await replicas()

  const second = deploy(eager(version("that scales too")))
  let ended = false
  void second.ended.finally(() => (ended = true))
  const fewest = [Infinity, Infinity]
  while (!ended) for (const [index, count] of (await replicas()).entries()) fewest[index] = Math.min(fewest[index]!, count)
  const { exitCode, stderr, stdout } = await second.ended
  expect(exitCode, stderr).toBe(0)
  expect(stdout).toContain("100.000 %")
  for (const [index, count] of scaled.entries()) expect(fewest[index]).toBeGreaterThanOrEqual(count)
  expect((await working.stop()).wrong).toEqual([])
})
