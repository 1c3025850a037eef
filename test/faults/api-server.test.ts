// The API server goes away while a release rolls out, and comes back.
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { parse, stringify } from "yaml"

import { Source } from "../e2e/source.ts"
import { kubernetesContainer, type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { podman } from "../lab/podman.ts"
import { measure, momentsOf } from "./measure.ts"
import { Namespace } from "./namespace.ts"

let lab: Lab

beforeAll(async () => {
  lab = await temporaryLab({ name: `api-server-${process.pid}` })
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
})

const inside = (...argv: string[]) => podman(["exec", kubernetesContainer(lab.name), ...argv])
const signal = async (name: NodeJS.Signals) => {
  const processes = (await podman(["top", kubernetesContainer(lab.name), "hpid", "comm"])).stdout
    .split("\n")
    .map(line => line.split(/\s+/))
  const servers = processes.filter(([, command]) => command === "kube-apiserver")
  expect(servers).toHaveLength(1)
  process.kill(Number(servers[0]![0]), name)
}
const RULE = ["INPUT", "-p", "tcp", "--dport", "6443", "-j", "REJECT", "--reject-with", "tcp-reset"]

test.each([
  {
    how: "refuses connections",
    seconds: 20,
    said: "waiting: the API server does not answer",
    away: () => inside("iptables", "-I", ...RULE),
    back: () => inside("iptables", "-D", ...RULE),
  },
  // kubectl itself tries a handshake that hangs again.
  { how: "hangs", seconds: 35, said: "rollout: ", away: () => signal("SIGSTOP"), back: () => signal("SIGCONT") },
])(
  "1: an API server that $how for $seconds s in the middle of a rollout: the deployment succeeds",
  async ({ how, seconds, said, away, back }) => {
    const namespace = await Namespace.create(lab, how.replaceAll(" ", "-"))
    const deployment = namespace.deploy(Source.minimal())
    await deployment.said("rollout: ")
    await away()
    await delay(seconds * 1000)
    await back()
    const ended = await deployment.ended
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stderr).toContain(said)
    expect(ended.stdout).toContain("100.000 %")
    expect(await namespace.leftovers()).toBe("")
  },
)

test("1: an API server that is not there: said within seconds, and nothing is built", async context => {
  const config = parse(readFileSync(lab.kubeconfig, "utf8"))
  const address = new URL(config.clusters[0].cluster.server)
  address.port = "1"
  config.clusters[0].cluster.server = address.href
  const path = join(tmpdir(), `cloud-native-away-${process.pid}.yaml`)
  writeFileSync(path, stringify(config), { mode: 0o600 })
  onTestFinished(() => rmSync(path))
  const call = Namespace.of({ ...lab, kubeconfig: path }, "default").deploy(Source.minimal())
  const moments = momentsOf(call, "")
  const ended = await call.ended
  expect(ended.exitCode, ended.stderr).toBe(1)
  for (const text of ["CLUSTER_UNREACHABLE", address.host, "refused"]) expect(ended.stderr).toContain(text)
  expect(ended.stderr).not.toContain("build: ")
  measure(context, { code: "CLUSTER_UNREACHABLE", since: "call", ...(await moments) })
})
