import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { containersOf, podsOf } from "../../../.dagger/src/manifests/pods.ts"
import type { KubernetesObject } from "../../../.dagger/src/manifests/shapes.ts"
import { caseFolder, ownFile, ownManifests, yamlFiles } from "../manifests/files.ts"

const KUBERNETES = yamlFiles(caseFolder("../../../../k8s"))
const OBJECTS = ownManifests().map(({ object }) => object)

/** Seconds that the applications take at most to finish what they have begun. */
const DRAIN = 10
/** A small node, less what its own pods take. */
const NODE = { cpu: 2 - 0.4, memory: 2048 }

describe("the files that were asked for", () => {
  test.each(["deployment.yaml", "service.yaml", "hpa.yaml"])("k8s/%s is there", name => {
    expect(KUBERNETES.map(file => file.name)).toContain(name)
  })

  const documents = [...KUBERNETES, { name: "deploy.yml", text: ownFile(".github/workflows/deploy.yml") }].flatMap(
    ({ name, text }) =>
      text.split(/^---$/m).map((document, index) => ({ name: `${name}, document ${index + 1}`, document })),
  )
  test.each(documents)("$name names its task in a comment", ({ document }) => {
    expect(document).toMatch(/^\s*# .*T-40[1-4]/m)
  })

  test("T-404 stands at every probe of the backend's deployment", () => {
    const [backend] = KUBERNETES.find(({ name }) => name === "deployment.yaml")!.text.split(/^---$/m)
    expect(backend).toMatch(/T-404.*\n\s+startupProbe/)
    expect(backend).toMatch(/T-404.*\n\s+livenessProbe/)
    expect(backend).toMatch(/T-404.*\n\s+readinessProbe/)
  })
})

describe("network policies", () => {
  const MIGRATION = { "app.kubernetes.io/name": "backend-migration", "app.kubernetes.io/component": "migration" }
  const pod = (name: string) => ({ "app.kubernetes.io/name": name })
  test.each([
    ["the frontend calls the backend", pod("frontend"), pod("backend"), 8000, true],
    ["the monitor calls the backend", pod("cloud-native-monitor"), pod("backend"), 8000, true],
    ["the monitor calls the frontend", pod("cloud-native-monitor"), pod("frontend"), 3000, true],
    ["the frontend's pods ask each other for static files", pod("frontend"), pod("frontend"), 3000, true],
    ["the backend reads the frontend's keys (JWKS)", pod("backend"), pod("frontend"), 3000, true],
    ["an ingress controller calls the frontend", pod("ingress-nginx"), pod("frontend"), 3000, true],
    ["an ingress controller calls the backend", pod("ingress-nginx"), pod("backend"), 8000, false],
    ["a stranger calls the backend", pod("stranger"), pod("backend"), 8000, false],
    ["the frontend calls another port of the backend", pod("frontend"), pod("backend"), 9000, false],
    ["a stranger calls a migration", pod("stranger"), MIGRATION, 8000, false],
  ])("%s", (_what, from, to, port, expected) => {
    expect(admits(from, to, port)).toBe(expected)
  })
})

describe("the deployments", () => {
  const deployments = OBJECTS.filter(({ kind }) => kind === "Deployment")

  test.each(deployments.map(object => [object.metadata.name, podsOf(object)!.template.spec] as const))(
    "%s: preStop and drain fit into the grace period",
    (_name, { containers, terminationGracePeriodSeconds }) => {
      const sleep = containers[0]!.lifecycle!.preStop!.sleep!.seconds
      expect(sleep).toBeGreaterThan(0)
      expect(terminationGracePeriodSeconds).toBeGreaterThan(sleep + DRAIN)
    },
  )

  test("two replicas of each, one more of each in a rolling update, fit on a node of 2 cores", () => {
    const requests = deployments.flatMap(containersOf).map(({ container }) => container.resources!.requests!)
    const sum = (name: string) => requests.reduce((total, request) => total + 3 * quantity(request[name]!), 0)
    expect(sum("cpu")).toBeLessThan(NODE.cpu)
    expect(sum("memory")).toBeLessThan(NODE.memory)
  })

  test("no container can write to its root file system, and each emptyDir has a limit", () => {
    for (const object of OBJECTS) {
      for (const { container } of containersOf(object))
        expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true })
      for (const volume of podsOf(object)?.template.spec.volumes ?? [])
        expect(volume).toMatchObject({ emptyDir: { sizeLimit: expect.any(String) } })
    }
  })
})

describe("the workflow", () => {
  const workflow = parse(ownFile(".github/workflows/deploy.yml")) as Workflow

  test("pins every action by commit and grants permissions per job", () => {
    expect(workflow.permissions).toEqual({})
    for (const { permissions, steps } of Object.values(workflow.jobs)) {
      expect(permissions).toBeDefined()
      for (const uses of steps.flatMap(({ uses = [] }) => uses)) expect(uses).toMatch(/@[0-9a-f]{40}$/)
    }
  })

  test("runs the Dagger version that the module is made for", () => {
    const { engineVersion } = JSON.parse(ownFile("dagger.json")) as { engineVersion: string }
    expect(workflow.env.DAGGER_VERSION).toBe(engineVersion)
  })

  test("gives secrets by environment only, never in a command", () => {
    const steps = Object.values(workflow.jobs).flatMap(({ steps }) => steps)
    for (const { run } of steps) expect(run ?? "").not.toContain("${{")
    expect(steps.filter(({ env }) => env?.KUBECONFIG).map(({ name }) => name)).toEqual(["Deploy", "Report"])
  })
})

interface Workflow {
  permissions: object
  env: { DAGGER_VERSION: string }
  jobs: Record<
    string,
    { permissions?: object; steps: { name?: string; uses?: string; run?: string; env?: Record<string, string> }[] }
  >
}

interface Policy extends KubernetesObject {
  spec: { podSelector: Selector; ingress?: { from?: { podSelector: Selector }[]; ports: { port: number }[] }[] }
}
interface Selector {
  matchLabels: Record<string, string>
}

/** What a cluster that enforces the policies would do, within one namespace. */
function admits(from: Record<string, string>, to: Record<string, string>, port: number): boolean {
  const selects = ({ matchLabels }: Selector, labels: Record<string, string>) =>
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  const policies = (OBJECTS.filter(({ kind }) => kind === "NetworkPolicy") as Policy[]).filter(({ spec }) =>
    selects(spec.podSelector, to),
  )
  if (policies.length === 0) return true
  return policies.some(({ spec }) =>
    (spec.ingress ?? []).some(
      rule =>
        rule.ports.some(item => item.port === port) &&
        (rule.from === undefined || rule.from.some(peer => selects(peer.podSelector, from))),
    ),
  )
}

/** Cores, or MiB. */
function quantity(text: string | number): number {
  const [, number, unit] = /^(\d+)(m|Mi)?$/.exec(String(text))!
  return unit === "m" ? Number(number) / 1000 : Number(number)
}
