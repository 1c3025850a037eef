import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

import { afterAll, beforeAll, expect, test } from "vitest"

import { Api } from "../../../.dagger/src/kubernetes/api.ts"
import type { Kubectl } from "../../../.dagger/src/kubernetes/kubectl.ts"
import { only } from "../../../.dagger/src/status/snapshot.ts"
import { takeSnapshot } from "../../../.dagger/src/status/take-snapshot.ts"
import { excerpt } from "../../../.dagger/src/util/printable.ts"
import { Redactor } from "../../../.dagger/src/util/redact.ts"

const pod = (status: "True" | "False", reason?: string) => ({
  metadata: { name: "a", uid: `p of ${status} ${reason}` },
  spec: {
    containers: [
      {
        name: "backend",
        env: [
          { name: "DSN", valueFrom: { secretKeyRef: { name: "dsn", key: "value" } } },
          { name: "PLAIN", value: "x" },
          { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
        ],
        envFrom: [{ secretRef: { name: "all" } }, { configMapRef: { name: "settings" } }],
      },
    ],
    volumes: [
      { secret: { secretName: "files" } },
      {
        projected: {
          sources: [{ secret: { name: "certs" } }, { configMap: { name: "ca" } }, { secret: { name: "dsn" } }],
        },
      },
    ],
  },
  status: {
    phase: "Pending",
    conditions: [
      { type: "Ready", status: "False" },
      { type: "PodScheduled", status },
    ],
    reason,
  },
})
const events = [
  { involvedObject: { name: "a" }, type: "Normal", reason: "Created", message: "Created container" },
  {
    involvedObject: { name: "a" },
    type: "Normal",
    reason: "Killing",
    message: "Stopping",
    eventTime: "2026-01-01T00:00:01Z",
  },
  {
    involvedObject: { name: "a" },
    type: "Warning",
    reason: "FailedScheduling",
    message: "no",
    eventTime: "2026-01-01T00:00:01Z",
    series: { count: 4, lastObservedTime: "2026-01-01T00:00:09Z" },
  },
].map((event, index) => ({ metadata: { name: `e${index}`, uid: `e${index}` }, ...event }))

let pods: object[]
const server = createServer((request, answer) => {
  const collection = request.url!.split("/").at(-1)!.replace(/\?.*/, "")
  const items = { pods, events, nodes: [{ spec: { providerID: "k3s://n" } }, { spec: {} }] }[collection]
  answer.end(JSON.stringify({ metadata: { resourceVersion: "1" }, items: items ?? [] }))
})
beforeAll(() => new Promise<void>(resolve => void server.listen(0, "127.0.0.1", resolve)))
afterAll(() => void server.close())

function cluster(...found: object[]): Kubectl {
  pods = found
  const api = Api.at(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, "shop")
  return { api: () => Promise.resolve(api) } as unknown as Kubectl
}
const snapshotOf = (...found: object[]) => takeSnapshot(cluster(...found))

test("a snapshot has the Secrets of each pod, and the events that tell something, with their times", async () => {
  const snapshot = await snapshotOf(pod("True"))
  expect(only(snapshot, "Pod")[0]!.spec.secrets).toEqual(["dsn", "all", "files", "certs"])
  expect(
    only(snapshot, "Event").map(({ reason, count, firstTimestamp, lastTimestamp }) => ({
      reason,
      count,
      firstTimestamp,
      lastTimestamp,
    })),
  ).toEqual([
    { reason: "Killing", count: 1, firstTimestamp: "2026-01-01T00:00:01Z", lastTimestamp: "2026-01-01T00:00:01Z" },
    {
      reason: "FailedScheduling",
      count: 4,
      firstTimestamp: "2026-01-01T00:00:01Z",
      lastTimestamp: "2026-01-01T00:00:09Z",
    },
  ])
})

test("the nodes are read only where a pod has none, or had to leave its own", async () => {
  expect(only(await snapshotOf(pod("True")), "Node")).toEqual([])
  expect(only(await snapshotOf(pod("True", "Evicted"), pod("True")), "Node")).toHaveLength(2)
  const nodes = only(await snapshotOf(pod("True"), pod("False")), "Node")
  expect(nodes.map(({ spec }) => spec.providerID)).toEqual(["k3s://n", ""])
})

test("a secret in a message is gone before the message is cut, in the middle of the secret too", async () => {
  const secret = "correct-horse-battery"
  const message = `${"x".repeat(240)}correct-\u001b[0mhorse-battery${"y".repeat(300)}`
  const terminated = { exitCode: 1, reason: "Error", message }
  const crashed = { ...pod("True"), status: { containerStatuses: [{ name: "backend", state: { terminated } }] } }
  const [read] = only(await takeSnapshot(cluster(crashed), new Redactor([secret])), "Pod")
  const shown = excerpt(read!.status.containerStatuses[0]!.state.terminated!.message)
  expect(shown).toContain(`${"x".repeat(240)}***yyy`)
  expect(shown).not.toContain("correct")
})
