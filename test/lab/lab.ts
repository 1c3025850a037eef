import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"

import { cachePath, withLock } from "./cache.ts"
import { ensureImage } from "./images.ts"
import { podman } from "./podman.ts"
import { isInstalled } from "./process.ts"
import { step } from "./progress.ts"
import { guard } from "./reaper.ts"

/** A registry and a Kubernetes of one's own. */
export type Lab = {
  name: string
  /** "localhost:<port>": the same name on this machine and on the node. */
  registry: string
  /** A file; its server's address holds on this machine and in containers of any of its networks. */
  kubeconfig: string
  /** Where NodePort 30300 is to be seen on this machine. */
  appUrl: string
}

/** Without a port, a free one is taken. */
export type LabOptions = { name: string; registryPort?: number; apiPort?: number; appPort?: number }

const images = { registry: "docker.io/library/registry:3", kubernetes: "docker.io/rancher/k3s:v1.34.4-k3s1" }
const appNodePort = 30300
const clusterDns = "10.43.0.10"

/** Brings a lab up, or back up; one that is up is left as it is. */
export async function labUp(options: LabOptions): Promise<Lab> {
  const { name } = options
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new Error(`a lab's name has lower-case letters, digits and dashes, not "${name}"`)
  await Promise.all([ensureImage(images.registry), ensureImage(images.kubernetes)])
  return withLock(`lab ${name}`, async () => {
    const lab = names(name)
    const network = await ensureNetwork(lab)
    const registryPort = await ensureRegistry(lab, network, options)
    const appPort = await ensureKubernetes(lab, network, registryPort, options)
    const kubeconfig = await copyKubeconfig(lab, network.kubernetes)
    return { name, registry: `localhost:${registryPort}`, kubeconfig, appUrl: `http://localhost:${appPort}` }
  })
}

/** A lab that goes when this process does, however it ends. */
export async function temporaryLab(options: LabOptions): Promise<Lab> {
  removeAtTheEnd(options.name)
  return labUp(options)
}

/** Sees to it that whatever has the label of that lab goes when this process does. */
export function removeAtTheEnd(name: string): void {
  const tsx = createRequire(import.meta.url).resolve("tsx/cli")
  guard(process.execPath, tsx, fileURLToPath(new URL("cli.ts", import.meta.url)), "down", name)
}

/** Removes a lab with all it holds; without a name, every one. */
export async function labDown(name?: string): Promise<void> {
  if (!isInstalled("podman")) return
  const filter = `label=${label}${name ? `=${name}` : ""}`
  const list = async (...args: string[]) =>
    (await podman([...args, "--quiet", "--filter", filter])).stdout.split("\n").filter(Boolean)
  const containers = await list("ps", "--all")
  if (containers.length > 0) await podman(["rm", "--force", "--depend", "--volumes", "--time=2", ...containers])
  const networks = await list("network", "ls")
  if (networks.length > 0) await podman(["network", "rm", "--force", ...networks])
  await rm(name ? cachePath("labs", name) : cachePath("labs"), { recursive: true, force: true })
}

export function kubeconfigPath(name: string): string {
  return cachePath("labs", name, "kubeconfig")
}

/** Every container and network of a lab has it, with the lab's name: they go when the lab does. */
export const label = "cloud-native.lab"

/** The container that is the lab's node. */
export function kubernetesContainer(name: string): string {
  return names(name).kubernetes
}

/** The container that is its registry. */
export function registryContainer(name: string): string {
  return names(name).registry
}

type Names = { name: string; network: string; registry: string; kubernetes: string }

function names(name: string): Names {
  const prefix = `cloud-native-${name}`
  return { name, network: prefix, registry: `${prefix}-registry`, kubernetes: `${prefix}-kubernetes` }
}

/** The addresses of the lab's two containers in its network: fixed, so that they outlast a restart. */
type Addresses = { registry: string; kubernetes: string }

async function ensureNetwork({ name, network, registry, kubernetes }: Names): Promise<Addresses> {
  const inspect = () => podman(["network", "inspect", network], { check: false })
  let inspected = await inspect()
  if (inspected.exitCode !== 0) {
    // Containers of a network that is gone cannot be started again.
    await podman(["rm", "--force", "--volumes", "--ignore", "--time=2", registry, kubernetes])
    await podman(["network", "create", "--disable-dns", "--label", `${label}=${name}`, network])
    inspected = await inspect()
  }
  const prefix = (JSON.parse(inspected.stdout)[0].subnets[0].subnet as string).replace(/\d+\/\d+$/, "")
  return { registry: `${prefix}2`, kubernetes: `${prefix}3` }
}

async function ensureRegistry(lab: Names, network: Addresses, { registryPort }: LabOptions): Promise<number> {
  const ports = await ensureRunning(lab.registry, [registryPort], () => [
    ...common(lab, lab.registry, network.registry),
    "--publish",
    publish(registryPort, 5000),
    images.registry,
  ])
  const port = published(ports, 5000)
  await until(`the registry at localhost:${port}`, 60, () =>
    fetch(`http://127.0.0.1:${port}/v2/`).then(
      answer => answer.ok,
      () => false,
    ),
  )
  return port
}

async function ensureKubernetes(
  lab: Names,
  network: Addresses,
  registryPort: number,
  { apiPort, appPort }: LabOptions,
): Promise<number> {
  const registries = cachePath("labs", lab.name, "registries.yaml")
  await mkdir(cachePath("labs", lab.name), { recursive: true })
  await writeFile(registries, `mirrors:\n  "localhost:${registryPort}":\n    endpoint:\n    - "http://registry:5000"\n`)
  const ports = await ensureRunning(lab.kubernetes, [apiPort, appPort], () => [
    ...common(lab, lab.kubernetes, network.kubernetes),
    "--hostname",
    "kubernetes",
    "--add-host",
    `registry:${network.registry}`,
    "--privileged",
    "--tmpfs",
    "/run",
    "--volume",
    `${registries}:/etc/rancher/k3s/registries.yaml:ro`,
    "--publish",
    publish(apiPort, 6443),
    "--publish",
    publish(appPort, appNodePort),
    images.kubernetes,
    "server",
    "--disable",
    "traefik",
  ])
  await kubernetesReady(lab.kubernetes)
  return published(ports, appNodePort)
}

async function kubernetesReady(container: string): Promise<void> {
  const inside = (...argv: string[]) => podman(["exec", container, ...argv], { check: false })
  const isReady = async () => {
    const [nodes, dns] = await Promise.all([
      inside(
        "/bin/k3s",
        "kubectl",
        "get",
        "nodes",
        "--output",
        'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
      ),
      // After a restart the API still tells of the node as it was; a DNS answer is of now.
      inside("timeout", "2", "nslookup", "kubernetes.default.svc.cluster.local", clusterDns),
    ])
    return nodes.stdout === "True" && dns.exitCode === 0
  }
  if (await isReady()) return
  await step("starting Kubernetes", "20 s", () =>
    until("Kubernetes (a node that is Ready, and its DNS)", 180, async () => {
      if ((await inspect(container))?.State.Status !== "running")
        throw new Error(`Kubernetes ended while it started: ${await lastWords(container)}`)
      return isReady()
    }),
  )
}

async function copyKubeconfig({ name, kubernetes }: Names, address: string): Promise<string> {
  const { stdout } = await podman(["exec", kubernetes, "cat", "/etc/rancher/k3s/k3s.yaml"])
  const content = stdout.replace("https://127.0.0.1:", `https://${address}:`)
  const path = kubeconfigPath(name)
  if ((await readFile(path, "utf8").catch(() => "")) !== content) await writeFile(path, content, { mode: 0o600 })
  return path
}

function common(lab: Names, container: string, address: string): string[] {
  return ["--name", container, "--label", `${label}=${lab.name}`, "--network", lab.network, "--ip", address]
}

function publish(port: number | undefined, containerPort: number): string {
  return `127.0.0.1:${port ?? ""}:${containerPort}`
}

/** What `podman container inspect` says, as far as it matters here. */
type Inspected = { State: { Status: string }; NetworkSettings: { Ports: Ports } }
type Ports = Record<string, { HostPort: string }[] | null>

async function inspect(container: string): Promise<Inspected | undefined> {
  const { exitCode, stdout } = await podman(["container", "inspect", container], { check: false })
  return exitCode === 0 ? JSON.parse(stdout)[0] : undefined
}

/** Creates a container or starts it again, as need be. `ports` are those of this machine that it is to have. */
async function ensureRunning(container: string, ports: (number | undefined)[], create: () => string[]): Promise<Ports> {
  const current = await inspect(container)
  if (current?.State.Status === "running") return current.NetworkSettings.Ports
  if (current) await podman(["start", container])
  else {
    for (const port of ports) if (port) await checkFree(port)
    await podman(["run", "--detach", ...create()])
  }
  const started = await inspect(container)
  if (!started) throw new Error(`${container} was removed while it started`)
  return started.NetworkSettings.Ports
}

function published(ports: Ports, containerPort: number): number {
  return Number(ports[`${containerPort}/tcp`]?.[0]?.HostPort)
}

async function checkFree(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer()
    server.once("error", () =>
      reject(new Error(`port ${port} of this machine is taken by another program: stop it, or take another port.`)),
    )
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()))
  })
}

async function lastWords(container: string): Promise<string> {
  const { stdout, stderr } = await podman(["logs", "--tail=30", container], { check: false })
  return (stdout + stderr).trim()
}

/** Wait for a condition that comes by itself. */
export async function until(what: string, seconds: number, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what} was not ready after ${seconds} s`)
    await delay(300)
  }
}
