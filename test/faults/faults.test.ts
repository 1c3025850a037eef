// A release that runs, then one with a fault: what the user is told, within what time, and that the first one runs on.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { parse } from "yaml"

import { dagger, type Ended } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"
import { kubectlPath } from "../lab/images.ts"
import { labDown, temporaryLab, type Lab } from "../lab/lab.ts"
import { run } from "../lab/process.ts"

interface Fault {
  family: number
  edit: { from: string; to: string }
  /** Texts of the error. */
  expect: string[]
  /** Whether the fault is found after the applications were changed. */
  changed?: boolean
}

const CASES = join(import.meta.dirname, "cases")
const MANIFESTS = "k8s/app.yaml"
const folder = mkdtempSync(join(tmpdir(), "cloud-native-faults-"))
const verdicts: string[] = []
let lab: Lab

beforeAll(async () => {
  lab = await temporaryLab({ name: `faults-${process.pid}` })
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
  rmSync(folder, { recursive: true })
  console.log(["time to verdict, from the first look at the rollout, the monitor's 10 s after it included:", ...verdicts].join("\n"))
})

describe("a fault in a new release", () => {
  for (const name of readdirSync(CASES)) {
    const fault = parse(readFileSync(join(CASES, name, "case.yaml"), "utf8")) as Fault
    test.concurrent(`${fault.family}: ${name}`, () => isUndone(name, fault))
  }
})

async function isUndone(name: string, fault: Fault): Promise<void> {
  const namespace = `fault-${name}`
  const source = Source.minimal()
  await kubectl("create", "namespace", namespace)
  await kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
  const first = await deploy(source, namespace)
  expect(first.exitCode, first.stderr).toBe(0)
  expect(first.stdout).toContain("100.000 %")
  const before = await running(namespace)

  source.edit(MANIFESTS, fault.edit.from, fault.edit.to.replace("REGISTRY", lab.registry))
  const second = await deploy(source, namespace)
  const message = second.stderr.slice(second.stderr.search(/^Error: [A-Z_]+:/m))
  expect(second.exitCode, second.stderr).toBe(1)
  for (const text of fault.expect) expect(message, name).toContain(text)
  verdicts.push(`  ${name}: ${timeToVerdict(second)}`)

  expect(await running(namespace)).toEqual(before)
  expect(await kubectl("--namespace", namespace, "get", "jobs,configmaps,leases", "--output=name")).not.toMatch(/monitor|handshake|lease/)
  if (fault.changed === false) return
  const report = await reportOf(namespace)
  expect(report).toMatchObject({ outcome: "failed", failure: { code: fault.expect[0] }, recovery: { action: "rolled back" } })
}

function deploy(source: Source, namespace: string): Promise<Ended> {
  const cluster = [`--kubeconfig=file:${lab.kubeconfig}`, `--namespace=${namespace}`]
  return dagger(`--source=${source.path}`, "deploy", `--registry=${lab.registry}/${namespace}`, ...cluster, "--timeout=2m")
}

async function reportOf(namespace: string): Promise<object> {
  const path = join(folder, namespace)
  const source = Source.minimal()
  const ended = await dagger(`--source=${source.path}`, "report", `--kubeconfig=file:${lab.kubeconfig}`, `--namespace=${namespace}`, "-o", path)
  expect(ended.exitCode, ended.stderr).toBe(0)
  return JSON.parse(readFileSync(join(path, "report.json"), "utf8"))
}

/** The containers that are ready, by what they run. */
async function running(namespace: string): Promise<string[]> {
  const line = '{range .items[*]}{.metadata.labels.app} {.spec.containers[*].image} {.spec.containers[*].command}{"\\n"}{end}'
  const text = await kubectl("--namespace", namespace, "get", "pods", "--selector=app", "--field-selector=status.phase=Running", `--output=jsonpath=${line}`)
  return text.split("\n").filter(Boolean).sort()
}

async function kubectl(...args: string[]): Promise<string> {
  return (await run([await kubectlPath(), ...args], { env: { ...process.env, KUBECONFIG: lab.kubeconfig } })).stdout
}

/** By the clock of the CLI's own lines. */
function timeToVerdict({ stderr }: Ended): string {
  const at = (pattern: RegExp) => Number(pattern.exec(stderr)?.[1])
  const seconds = at(/([\d.]+)s deploy \| deploy: failed/) - at(/([\d.]+)s deploy \| rollout: /)
  return Number.isNaN(seconds) ? "before the rollout" : `${seconds.toFixed(1)} s`
}
