import { describe, expect, test } from "vitest"

import { closing, closingDns, type Destination } from "../../../.dagger/src/manifests/network-policies.ts"
import type { NetworkPolicy } from "../../../.dagger/src/manifests/shapes.ts"

type Spec = NetworkPolicy["spec"]
type Egress = NonNullable<Spec["egress"]>[number]
type Peer = NonNullable<Egress["to"]>[number]
type Port = NonNullable<Egress["ports"]>[number]

const policy = (spec: Spec): NetworkPolicy => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "rule" },
  spec,
})
const MONITOR = { app: "monitor" }
const containers = [{ name: "main", image: "backend", ports: [{ name: "http", containerPort: 8000 }] }]
const BACKEND: Destination = {
  object: {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "backend" },
    spec: { template: { spec: { containers } } },
  },
  labels: { app: "backend" },
  port: 8000,
  servicePort: 80,
}

const isClosed = (spec: Spec, direction: "Ingress" | "Egress" = "Egress") =>
  closing([policy(spec)], direction, MONITOR, BACKEND, "shop").length > 0
const egress = (...rules: Egress[]): Spec => ({ podSelector: {}, policyTypes: ["Egress"], egress: rules })
const ELSEWHERE: Peer = { podSelector: { matchLabels: { app: "other" } } }
const AT_SERVICE: Port[] = [{ port: 80 }]

describe("the directions that a policy closes are those that it has rules for", () => {
  test.each<[what: string, spec: Spec, closed: ("Ingress" | "Egress")[]]>([
    ["both, by their names, without a rule", { policyTypes: ["Ingress", "Egress"] }, ["Ingress", "Egress"]],
    ["egress alone, by its name", { policyTypes: ["Egress"], ingress: [] }, ["Egress"]],
    ["ingress alone, unless there are rules of egress", {}, ["Ingress"]],
    ["both, where there are, of which one lets all out", { egress: [{}] }, ["Ingress"]],
    ["both, where there are, of which none lets anything out", { egress: [] }, ["Ingress", "Egress"]],
  ])("%s", (_, spec, closed) => {
    expect((["Ingress", "Egress"] as const).filter(direction => isClosed(spec, direction))).toEqual(closed)
  })
})

describe("a rule lets the monitor through to an application's pods", () => {
  const all: Spec = { policyTypes: ["Ingress"], ingress: [{ ports: AT_SERVICE }] }

  test.each<[what: string, spec: Spec, direction?: "Ingress"]>([
    ["at every port, where it names none", egress({ to: [{ podSelector: { matchLabels: BACKEND.labels } }] })],
    ["at every port of TCP, by the protocol alone", egress({ ports: [{ protocol: "TCP" }] })],
    [
      "at the Service's port, to everything: some networks compare addresses before they translate",
      egress({ ports: AT_SERVICE }),
    ],
    ["at the Service's port, from everything", all, "Ingress"],
    [
      "at the Service's port, to an address among other peers",
      egress({ to: [ELSEWHERE, { ipBlock: { cidr: "10.0.0.0/8" } }], ports: AT_SERVICE }),
    ],
    [
      "in a namespace whose labels only the cluster knows",
      egress({ to: [{ namespaceSelector: { matchLabels: { team: "web" } } }] }),
    ],
  ])("%s", (_, spec, direction) => {
    expect(isClosed(spec, direction)).toBe(false)
  })

  test.each<[what: string, spec: Spec]>([
    ["at another port", egress({ ports: [{ port: 9000 }] })],
    ["at ports above", egress({ ports: [{ port: 9000, endPort: 9100 }] })],
    ["at ports below", egress({ ports: [{ port: 7000, endPort: 7999 }] })],
    ["to other pods", egress({ to: [ELSEWHERE] })],
    ["to other pods alone, though at the Service's port", egress({ to: [ELSEWHERE], ports: AT_SERVICE })],
    [
      "in another namespace",
      egress({ to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "db" } } }] }),
    ],
  ])("but not %s", (_, spec) => {
    expect(isClosed(spec)).toBe(true)
  })
})

describe("an expression of a selector", () => {
  const isOpen = (operator: string, key: string, values?: string[]) =>
    !isClosed(egress({ to: [{ podSelector: { matchExpressions: [{ key, operator, values }] } }] }))

  test.each<[operator: string, key: string, values: string[] | undefined, open: boolean]>([
    ["In", "app", ["api", "backend"], true],
    ["In", "app", ["frontend"], false],
    ["In", "tier", ["api"], false],
    ["NotIn", "app", ["frontend"], true],
    ["NotIn", "app", ["backend"], false],
    ["NotIn", "tier", ["api"], true],
    ["Exists", "app", undefined, true],
    ["Exists", "tier", undefined, false],
    ["DoesNotExist", "tier", undefined, true],
    ["DoesNotExist", "app", undefined, false],
  ])("%s %s %j picks the pods of { app: backend }: %s", (operator, key, values, open) => {
    expect(isOpen(operator, key, values)).toBe(open)
  })
})

describe("the cluster's DNS, which listens at port 53 or at another one behind it", () => {
  test.each<[what: string, rule: Egress, open: boolean]>([
    ["every port of everything", {}, true],
    ["UDP at another port", { ports: [{ protocol: "UDP", port: 5353 }] }, true],
    ["TCP at port 53", { ports: [{ protocol: "TCP", port: 53 }] }, true],
    ["a range that begins with it", { ports: [{ port: 53, endPort: 60 }] }, true],
    ["a range that ends with it", { ports: [{ port: 50, endPort: 53 }] }, true],
    ["a port by its name", { ports: [{ port: "dns" }] }, true],
    ["every port, by the protocol", { ports: [{ protocol: "TCP" }] }, true],
    ["TCP at another port", { ports: [{ port: 443 }] }, false],
    ["a range below", { ports: [{ port: 40, endPort: 52 }] }, false],
    ["pods of the own namespace alone", { to: [{ podSelector: {} }] }, false],
    ["another namespace", { to: [{ podSelector: {} }, { namespaceSelector: {} }] }, true],
    ["addresses", { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }, true],
  ])("%s: open: %s", (_, rule, open) => {
    expect(closingDns([policy(egress(rule))], MONITOR)).toHaveLength(open ? 0 : 1)
  })
})
