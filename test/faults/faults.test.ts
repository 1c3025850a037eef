// A release that runs, then one with a fault: what the user is told, within what time, and that the first one runs on.
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest"

import { errorOf } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"
import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { type Fault, makeFirst, makeNext, namesOf, readControl, readFault } from "./case.ts"
import { watchFor } from "./cause.ts"
import { measure } from "./measure.ts"
import { Namespace } from "./namespace.ts"
import { startNodeRegistries } from "./node-registries.ts"

/** Seconds from the cause to the verdict. */
const LIMIT = 10
let lab: Lab

beforeAll(async () => {
  lab = await temporaryLab({ name: `faults-${process.pid}` })
  await startNodeRegistries(lab)
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
})

describe("a fault in a new release", () => {
  for (const name of namesOf("cases")) {
    const fault = readFault(name)
    test.concurrent(`${fault.family}: ${name}`, { tags: fault.representative ? "representative" : [] }, context =>
      isUndone(context, name, fault),
    )
  }
})

describe("a good release that starts badly", () => {
  for (const name of namesOf("controls")) {
    test.concurrent(`control: ${name}`, async () => {
      const control = readControl(name)
      const namespace = await Namespace.create(lab, `control-${name}`)
      const source = makeFirst(Source.minimal(), control)
      const deploy = () => namespace.deploy(source, "--timeout=2m").ended
      const first = control.first && (await deploy())
      makeNext(source, control)
      const ended = await deploy()
      expect([first?.exitCode ?? 0, ended.exitCode], `${first?.stderr}${ended.stderr}`).toEqual([0, 0])
    })
  }
})

async function isUndone(context: TestContext, name: string, fault: Fault): Promise<void> {
  const namespace = await Namespace.create(lab, `fault-${name}`)
  const source = makeFirst(Source.minimal(), fault)
  for (const args of fault.given ?? []) await namespace.kubectl(...args)
  const first = await namespace.deploy(source, "--timeout=2m").ended
  expect(first.exitCode, first.stderr).toBe(0)
  expect(first.stdout).toContain("100.000 %")
  const before = await namespace.running()

  makeNext(source, fault)
  const signs = watchFor(namespace, new RegExp(fault.shown ?? "^(?!)"))
  const called = Date.now()
  const second = namespace.deploy(source, "--timeout=2m")
  const applied = second.said("apply: ").catch(() => undefined)
  const decided = second.said(": failed: ").catch(() => Date.now())
  if (fault.meanwhile) {
    await second.said(fault.meanwhile.said)
    await namespace.kubectl(...fault.meanwhile.kubectl)
  }
  const ended = await second.ended
  const seen = await signs.stop()
  const message = errorOf(ended)
  expect(ended.exitCode, ended.stderr).toBe(1)
  for (const text of fault.expect) expect(message, `${name}\n${ended.stderr}`).toContain(text)

  expect(await namespace.running()).toEqual(before)
  expect(await namespace.leftovers()).toBe("")
  const report = fault.recovery === "untouched" ? undefined : await reportOf(namespace)
  if (report) {
    // One reads the end of a log: the cause is in its last ten lines.
    const [cause] = report.failure!.why.split("\n")
    expect(message.trimEnd().split("\n").slice(-10)).toContain(`  cause: ${cause}`)
    expect(report).toMatchObject({
      outcome: "failed",
      failure: { code: expect.stringContaining(fault.expect[0]!) },
      recovery: { action: fault.recovery ?? "rolled-back" },
    })
  }

  const failed = Date.parse(report?.availability?.outages[0]?.from ?? "") || undefined
  const [since, from] = seen.cause
    ? (["cause", seen.cause] as const)
    : failed
      ? (["request", failed] as const)
      : (await applied)
        ? (["apply", (await applied)!] as const)
        : (["call", called] as const)
  const { verdict } = measure(context, {
    code: /Error: (\w+)/.exec(message)![1]!,
    since,
    from,
    verdict: await decided,
    whole: (await applied) ? seen.whole : undefined,
  })
  if (fault.shown) {
    // Where users notice before the cluster shows the cause, their first failed request is what the verdict is late for.
    expect(["cause", "request"], `${name}: what the cluster shows`).toContain(since)
    expect(verdict, `${name}: seconds to the verdict`).toBeLessThanOrEqual(fault.seconds ?? LIMIT)
  }
}

interface Reported {
  failure?: { why: string }
  availability?: { outages: { from: string }[] }
}

/** The latest report, as the namespace keeps it: a call of `report` takes as long as a verdict. */
async function reportOf(namespace: Namespace): Promise<Reported> {
  const { items } = JSON.parse(await namespace.kubectl("get", "configmaps", "--output=json")) as {
    items: { metadata: { name: string }; data?: Record<string, string> }[]
  }
  const [latest] = items
    .filter(({ metadata }) => metadata.name.startsWith("cloud-native-report-"))
    .sort((a, b) => b.metadata.name.localeCompare(a.metadata.name))
  return JSON.parse(latest!.data!["report.json"]!) as Reported
}
