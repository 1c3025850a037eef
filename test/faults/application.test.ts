// The sample application, with its database and its users, on a cluster of its own.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"

import { afterAll, beforeAll, expect, onTestFinished, test, type TestContext } from "vitest"
import { parse, parseAllDocuments } from "yaml"

import { BrowserUser, OpenPage } from "../e2e/browser.ts"
import { type Call, type Ended, errorOf } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"
import { poll, User } from "../e2e/user.ts"
import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { prepareTarget } from "../target/target.ts"
import { measure, type Measured, momentsOf } from "./measure.ts"
import { Namespace } from "./namespace.ts"

const folder = mkdtempSync(join(tmpdir(), "cloud-native-application-"))
const dotenv = join(folder, "secrets.env")
let lab: Lab
let namespace: Namespace

beforeAll(async () => {
  lab = await temporaryLab({ name: `application-${process.pid}` })
  namespace = Namespace.of(lab, "tasks")
  await prepareTarget(lab, namespace.name, dotenv)
  const first = await deploy(sample())
  expect(first.exitCode, first.stderr).toBe(0)
  expect(migrations(first)).toEqual(["backend: ran", "frontend: ran"])
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
  rmSync(folder, { recursive: true })
})

/** Everything that a deployment has printed. */
const outputs: string[] = []

async function deploy(source: Source): Promise<Ended> {
  const ended = await call(source).ended
  outputs.push(ended.stdout, ended.stderr)
  return ended
}

function call(source: Source, secrets = dotenv): Call {
  return namespace.deploy(source, `--secrets=file:${secrets}`, `--public-url=${lab.appUrl}`, "--handshake")
}

/** A deployment that fails: measured from when it says a text. */
async function deployFailing(
  context: TestContext,
  source: Source,
  { since, said, secrets }: { since: Measured["since"]; said: string; secrets?: string } = {
    since: "apply",
    said: "apply: ",
  },
): Promise<Ended> {
  const called = call(source, secrets)
  const moments = momentsOf(called, said).catch(() => undefined)
  const ended = await called.ended
  outputs.push(ended.stdout, ended.stderr)
  expect(ended.exitCode, ended.stderr).toBe(1)
  measure(context, { code: /Error: (\w+)/.exec(errorOf(ended))![1]!, since, ...(await moments)! })
  return ended
}

/** Of a page with a script that no other page has. */
const HELP = `"use client"
import { useState } from "react"

export default function Page() {
  const [shown, setShown] = useState(false)
  return (
    <section>
      <button onClick={() => setShown(true)}>Show</button>
      <p role="status">{shown ? "Nobody needs help." : ""}</p>
    </section>
  )
}
`

/**
 * The sample with as many pods as two cores serve beside the tests: the autoscalers' six do not answer users in time there. And with a
 * page of which nothing is loaded before a user goes there.
 */
function sample(): Source {
  const source = Source.sample()
  const autoscalers = readFileSync(join(source.path, "k8s/hpa.yaml"), "utf8")
  return source
    .write("k8s/hpa.yaml", autoscalers.replaceAll("maxReplicas: 6", "maxReplicas: 2"))
    .write("test/app/frontend/app/help/page.tsx", HELP)
    .edit(
      "test/app/frontend/app/sign-in/page.tsx",
      "New here?",
      '<Link href="/help" prefetch={false}>Help</Link> New here?',
    )
}

/** A version that differs in both applications, also in the scripts and styles of the frontend. */
function version(name: string): Source {
  return sample()
    .edit("test/app/frontend/app/page.tsx", "<h1>Tasks</h1>", `<h1>Tasks, ${name}</h1>`)
    .edit(
      "test/app/frontend/components/credentials-form.tsx",
      'className="fields"',
      `className="fields" data-version="${name}"`,
    )
    .edit("test/app/frontend/app/globals.css", ":root {", `:root {\n  --version: "${name}";`)
    .edit("test/app/backend/app/tasks.py", "no such task", `no such task in ${name}`)
}

test(
  "8: both applications are replaced while users work, who notice nothing but the new version",
  { tags: "representative" },
  async () => {
    await untilEachHasTwoPods()
    const user = await User.signUp(lab.appUrl)
    expect((await user.post("/api/tasks", { title: "seen all along" })).status).toBe(201)
    const requests = [
      { path: "/api/tasks", contains: "seen all along" },
      { path: "/", contains: user.name },
    ]
    const browser = await BrowserUser.signUp(lab.appUrl)
    onTestFinished(() => browser.close())
    await browser.addTask("written in a browser")
    const working = poll(user, requests)
    const fewest = fewestPods()
    const before = await namespace.running()

    const opened = await Promise.all([OpenPage.open(`${lab.appUrl}/sign-in`), OpenPage.open(`${lab.appUrl}/sign-in`)])
    onTestFinished(async () => void (await Promise.all(opened.map(page => page.close()))))

    const called = call(version("second"))
    await called.said("rollout: frontend: 1/2 new")
    const meanwhile = await opened[0].navigate("Help", "Show")
    const second = await called.ended
    outputs.push(second.stdout, second.stderr)
    expect(second.exitCode, second.stderr).toBe(0)
    const afterwards = await opened[1].navigate("Help", "Show")
    for (const { shown, files } of [meanwhile, afterwards]) {
      expect(shown).toBe("Nobody needs help.")
      expect(files.length).toBeGreaterThan(0)
      expect(files.filter(({ status }) => status !== 200)).toEqual([])
    }
    expect(second.stdout).toMatch(/100\.000 % answered as expected, from before the first change/)
    // Two builds at once: also the files of the page that was open before.
    expect(second.stdout).toMatch(/FILES OF PAGE.*\nthe sign-in page +[1-9]\d* +0 +[1-9]\d* +0\n/)
    expect(second.stdout).toContain("ok  the backend refuses an unsigned token")
    // Its migrations have another name with each image, so they are tried in containers first.
    for (const code of ["running", "new"])
      expect(second.stdout).toMatch(new RegExp(`${code} code on the new schema +PASS +[1-9]\\d* requests`))
    expect(migrations(second)).toEqual(["backend: ran", "frontend: ran"])
    const seen = await working.stop()
    expect(seen.wrong).toEqual([])
    expect(seen.sent).toBeGreaterThan(100)
    expect(await fewest.stop()).toBeGreaterThanOrEqual(2)
    expect(await browser.reload()).toEqual({ name: "Ada", heading: "Tasks, second", tasks: ["written in a browser"] })
    expect(await (await user.get("/api/tasks/00000000-0000-4000-8000-000000000000")).json()).toEqual({
      detail: "no such task in second",
    })
    expect((await user.post("/api/tasks", { title: "still signed in" })).status).toBe(201)
    expect(await namespace.running()).not.toEqual(before)

    // What the poller is worth: with a cookie that is not the user's, it reports refusals.
    const stranger = poll(user.forged(), requests)
    await delay(1000)
    expect((await stranger.stop()).wrong).toContainEqual(expect.stringMatching(/\/api\/tasks: 401$/))

    expect(leaks(outputs.join("\n"), secretValues())).toEqual([])
    for (const { name, value, forms } of secretValues())
      expect(forms.map(form => leaks(`x${form}y`, [{ name, value, forms }]))).not.toContainEqual([])
  },
)

test("5: a version that never becomes ready is rolled back, and its users notice nothing; the previous version is restored by hand", async context => {
  const source = version("second")
  const good = await namespace.running()
  const user = await User.signUp(lab.appUrl)
  const working = poll(user, [
    { path: "/api/tasks", contains: "[" },
    { path: "/", contains: user.name },
  ])
  const bad = await deployFailing(context, source.edit("k8s/deployment.yaml", "/health?check=database", "/nowhere"))
  for (const text of ["ROLLOUT_FAILED", "readiness probe", "404", "rolled back to"])
    expect(errorOf(bad), bad.stderr).toContain(text)
  expect(await namespace.running()).toEqual(good)

  const report = join(folder, "report")
  const reported = await namespace.call(source, "report", "-o", report).ended
  expect(reported.exitCode, reported.stderr).toBe(0)
  expect(JSON.parse(readFileSync(join(report, "report.json"), "utf8"))).toMatchObject({
    outcome: "failed",
    failure: { code: "ROLLOUT_FAILED" },
    recovery: { action: "rolled-back" },
    baseline: "healthy",
    availability: { percent: 100 },
  })
  expect(readFileSync(join(report, "report.md"), "utf8")).toContain("ROLLOUT_FAILED")
  expect(readFileSync(join(report, "availability.svg"), "utf8")).toContain("100.000 %")
  const page = readFileSync(join(report, "report.html"), "utf8")
  for (const part of [/backend-\S+: created [\d:]+.* terminating [\d:]+/, /<title>rollback, [\d:]+/])
    expect(page).toMatch(part)

  const planned = await namespace.call(
    version("third"),
    "plan",
    `--secrets=file:${dotenv}`,
    `--public-url=${lab.appUrl}`,
  ).ended
  expect(planned.exitCode, planned.stderr).toBe(0)
  expect(planned.stdout).toMatch(/~ Deployment backend\n.*image: .* → "<new>"/)
  expect(planned.stdout).toContain("  Service backend: unchanged")
  expect(await namespace.running()).toEqual(good)

  const back = await namespace.call(source, "rollback").ended
  expect(back.exitCode, back.stderr).toBe(0)
  expect(back.stdout).toContain("Rolled back to namespace tasks")
  expect(await (await user.get("/")).text()).toContain("<h1>Tasks</h1>")
  expect((await working.stop()).wrong).toEqual([])

  const printed = [reported, planned, back].map(ended => ended.stdout + ended.stderr)
  const written = ["report.json", "report.md", "report.html", "availability.svg"].map(name =>
    readFileSync(join(report, name), "utf8"),
  )
  const kept = await namespace.kubectl("get", "configmaps,deployments,replicasets,jobs,leases,events", "--output=yaml")
  expect(leaks([...outputs, ...printed, ...written, kept].join("\n"), secretValues())).toEqual([])
})

test("8: a rolling update whose preStop and readiness do nothing is reported as failed, with the outage's length (negative control)", async context => {
  const source = version("without grace")
  const deployments = parseAllDocuments(readFileSync(join(source.path, "k8s/deployment.yaml"), "utf8"))
  for (const deployment of deployments) {
    deployment.deleteIn(["spec", "minReadySeconds"])
    const container = ["spec", "template", "spec", "containers", 0]
    expect(deployment.deleteIn([...container, "startupProbe"])).toBe(true)
    deployment.setIn([...container, "readinessProbe"], { exec: { command: ["true"] } })
    deployment.setIn([...container, "lifecycle"], { preStop: { exec: { command: ["true"] } } })
  }
  const ended = await deployFailing(context, source.write("k8s/deployment.yaml", deployments.map(String).join("---\n")))
  for (const text of ["AVAILABILITY_FAILED", "outage of", "longest outage", "rolled back to"])
    expect(errorOf(ended), ended.stderr).toContain(text)
})

test("7: a BACKEND_URL that leads nowhere: both applications are healthy, and the users' tasks cannot be read", async context => {
  const source = version("lost").edit(
    "k8s/config.yaml",
    "BACKEND_URL: http://backend:8000",
    "BACKEND_URL: http://nowhere.invalid:8000",
  )
  const ended = await deployFailing(context, source)
  for (const text of ["AVAILABILITY_FAILED", "the user's tasks, through the frontend", "BACKEND_URL", "rolled back to"])
    expect(errorOf(ended), ended.stderr).toContain(text)
})

test("2: a Secret whose value is wrong is told from one that is missing: the database refuses the password", async context => {
  const wrong = join(folder, "wrong.env")
  writeFileSync(wrong, readFileSync(dotenv, "utf8").replaceAll(databasePassword(), "not-the-password"))
  const before = await namespace.running()
  const ended = await deployFailing(context, version("wrong password"), {
    since: "migration",
    said: "migrate: ",
    secrets: wrong,
  })
  for (const text of ["MIGRATION_FAILED", "password authentication failed", "no pod was changed"])
    expect(errorOf(ended), ended.stderr).toContain(text)
  expect(ended.stderr).not.toContain("not-the-password")
  expect(await namespace.running()).toEqual(before)
})

test("11: under load the autoscaler scales out, and a deployment meanwhile leaves its number of pods alone", async () => {
  // A share of a CPU that the user's requests use anyway, and as much beside them as two cores have room for: three pods of the
  // backend, and a monitor that asks less often.
  const eager = (source: Source) => {
    const autoscalers = readFileSync(join(source.path, "k8s/hpa.yaml"), "utf8")
    return source
      .edit("cloud-native.yaml", "monitor:\n", "monitor:\n  rate: 4\n")
      .write(
        "k8s/hpa.yaml",
        autoscalers
          .replace("averageUtilization: 75", "averageUtilization: 5")
          .replace("maxReplicas: 2", "maxReplicas: 3"),
      )
  }
  const user = await User.signUp(lab.appUrl)
  const working = poll(user, [{ path: "/", contains: user.name }])
  const first = await deploy(eager(version("that scales")))
  expect(first.exitCode, first.stderr).toBe(0)
  await expect
    .poll(async () => Math.max(...(await replicas())), { timeout: 180_000, interval: 2_000 })
    .toBeGreaterThan(2)
  const scaled = await replicas()

  const second = deploy(eager(version("that scales too")))
  let ended = false
  void second.finally(() => (ended = true))
  const fewest = [Infinity, Infinity]
  while (!ended) {
    for (const [index, count] of (await replicas()).entries()) fewest[index] = Math.min(fewest[index]!, count)
    await delay(500)
  }
  const { exitCode, stderr, stdout } = await second
  expect(exitCode, stderr).toBe(0)
  expect(stdout).toContain("100.000 %")
  for (const [index, count] of scaled.entries()) expect(fewest[index]).toBeGreaterThanOrEqual(count)
  expect((await working.stop()).wrong).toEqual([])
})

/** A number of each application's Deployment. */
async function ofDeployments(field: string): Promise<number[]> {
  return (
    await namespace.kubectl("get", "deployments", "backend", "frontend", `--output=jsonpath={.items[*].${field}}`)
  )
    .split(" ")
    .map(Number)
}

/** Of each application, the pods that its Deployment asks for. */
const replicas = () => ofDeployments("spec.replicas")

/** Pods that serve, of the application that has the fewest. */
const availablePods = async () => Math.min(...(await ofDeployments("status.availableReplicas")))

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

function migrations({ stdout }: Ended): string[] {
  return [...stdout.matchAll(/(\w+)-migration-\S+: (ran|had run)/g)].map(match => `${match[1]}: ${match[2]}`).sort()
}

function databasePassword(): string {
  return /:([0-9a-f]+)@/.exec(readFileSync(dotenv, "utf8"))![1]!
}

interface SecretValue {
  name: string
  value: string
  /** As it could stand in an output. */
  forms: string[]
}

/** What nobody may read in the output: the applications' secrets, and the kubeconfig's key. */
function secretValues(): SecretValue[] {
  const applications = [...readFileSync(dotenv, "utf8").matchAll(/^(\w+)=(.*)$/gm)].map(
    match => [match[1]!, match[2]!] as const,
  )
  const password = ["password", databasePassword()] as const
  const { user } = parse(readFileSync(lab.kubeconfig, "utf8")).users[0]
  const key = Buffer.from(user["client-key-data"], "base64").toString()
  const access = [
    ["client-key-data", user["client-key-data"]],
    ["a line of the key", key.split("\n")[1]!],
  ] as const
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
