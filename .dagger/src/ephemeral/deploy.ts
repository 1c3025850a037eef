import { randomBytes } from "node:crypto"

import { CacheSharingMode, Container, dag, Service } from "@dagger.io/dagger"
import { stringify } from "yaml"

import type { Config } from "../config/schema.js"
import { deployRelease } from "../deploy/deploy.js"
import type { RolloutOptions } from "../deploy/task.js"
import { API_HOST, kubectlContainer } from "../kubernetes/connect.js"
import { closing, Kubectl } from "../kubernetes/kubectl.js"
import { neededBy } from "../manifests/references.js"
import { servicePortOf } from "../manifests/services.js"
import { assertResolved, availableFrom } from "../preflight/references.js"
import { namesOf, publishImages, type PushedImages, type VerifiedImages } from "../push/publish.js"
import { outOfReach, type RegistryAccess } from "../registry/access.js"
import { parseReference } from "../registry/reference.js"
import { loginOf } from "../release/arguments.js"
import { type ReleaseInputs, renderRelease } from "../release/inputs.js"
import { formatReport } from "../report/summary.js"
import { together } from "../util/collect-errors.js"
import { CloudNativeError } from "../util/errors.js"
import { pollUntil } from "../util/poll.js"
import { quietly } from "../util/quietly.js"
import { uniqueValue } from "../util/unique.js"
import { within } from "../util/within.js"
import { backingManifests } from "./services.js"

/** Dagger speaks plain HTTP to a registry service under this name only; the node's mirror leads to the same one. */
const REGISTRY = "localhost:5000"
/** How the node calls a registry that is a service. */
const MIRROR = "registry"
const KUBECONFIG_DIR = "/kubeconfig"
/** Seconds from the start of the service until its node is ready, and until the backing services are. */
const READY_TIMEOUT = 180
/** Seconds for the migrations, and again for the rollout, of a preview. */
const PREVIEW_TIMEOUT = 600

interface Cluster {
  node: Service
  kubectl: Kubectl
  /** A container that reaches the cluster with kubectl. */
  client: Container
  /** The flags with which it does. */
  flags: string[]
}

/** The registry that the images are in, where it is none of the cluster's own. */
export interface Elsewhere {
  /** For example ghcr.io or localhost:5000. */
  host: string
  access: RegistryAccess
}

/** Complete the inputs for a cluster that has nothing beforehand; throws one error with all that is missing, and all that is wrong. */
export async function completeForEphemeral(read: Promise<ReleaseInputs>, registry?: Elsewhere): Promise<ReleaseInputs> {
  const inputs = { ...withEphemeralSecrets(insideOnly(await read)), ...(registry && (await loginTo(registry))) }
  const { config } = inputs
  // The registry there is open; in one elsewhere, the nodes are logged in.
  const pullSecrets = neededBy(inputs.manifests)
    .filter(({ reference }) => reference.path.includes("imagePullSecrets"))
    .map(({ reference }) => reference)
  await together(
    () => renderRelease(inputs, namesOf(REGISTRY, config), config.namespace),
    () => registry && assertReachable(registry),
    () =>
      assertResolved(
        inputs,
        [...availableFrom(inputs), ...pullSecrets],
        "the ephemeral cluster",
        "add it to ephemeral.secrets or ephemeral.random of cloud-native.yaml, or pass --secrets=file:PATH",
      ),
  )
  return inputs
}

/** What the nodes pull with: they have no rights of their own. */
async function loginTo({
  host,
  access: { username, password },
}: Elsewhere): Promise<Pick<ReleaseInputs, "registryLogin">> {
  return username && password ? { registryLogin: await loginOf(host, username, password) } : {}
}

function assertReachable({ host, access }: Elsewhere): void {
  const why = outOfReach(access, host)
  if (!why) return
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `the ephemeral cluster cannot reach the registry at ${host}`,
    why,
    fix: `add --registry-service=tcp://${host}`,
  })
}

/** Push to a registry and deploy to a cluster that exist for this call only; the release is rolled once more. */
export async function deployEphemeral(
  images: VerifiedImages,
  inputs: ReleaseInputs,
  options: RolloutOptions,
): Promise<string> {
  const registry = await startRegistry(images.config)
  try {
    const pushed = await publishImages(images, REGISTRY, { service: registry })
    return await deployToEphemeralCluster(inputs, options, pushed, registry)
  } finally {
    await registry.stop()
  }
}

/** Deploy to a cluster that exists for this call only, prove the handshake, and roll the release once more. */
export async function deployToEphemeralCluster(
  inputs: ReleaseInputs,
  options: RolloutOptions,
  images: PushedImages,
  registry?: Service,
): Promise<string> {
  const cluster = await startCluster(inputs.config, images, registry)
  try {
    await prepare(cluster, inputs.config)
    return await closing(cluster.kubectl, async () => {
      const first = await deployRelease(cluster.kubectl, inputs, { ...options, handshake: true }, images)
      const again = await deployRelease(cluster.kubectl, inputs, { ...options, handshake: false }, images, {
        restartedAt: new Date().toISOString(),
      })
      return `${formatReport(first)}\n\nRolled once more\n\n${formatReport(again)}`
    })
  } finally {
    await cluster.node.stop()
  }
}

/** Deploy to a cluster that lives as long as the session, and forward a port to the frontend. */
export async function previewEphemeral(images: VerifiedImages, inputs: ReleaseInputs): Promise<Service> {
  const registry = await startRegistry(images.config)
  const started = [registry]
  try {
    const pushed = await publishImages(images, REGISTRY, { service: registry })
    const cluster = await startCluster(inputs.config, pushed, registry)
    started.unshift(cluster.node)
    return await previewOn(cluster, inputs, pushed)
  } catch (error) {
    for (const service of started) await service.stop().catch(() => undefined)
    throw error
  }
}

async function previewOn(cluster: Cluster, inputs: ReleaseInputs, images: PushedImages): Promise<Service> {
  await prepare(cluster, inputs.config)
  const options = {
    handshake: true,
    keepFailed: false,
    force: true,
    takeOver: false,
    allowBreakingMigration: false,
    timeout: PREVIEW_TIMEOUT,
  }
  await closing(cluster.kubectl, () => deployRelease(cluster.kubectl, inputs, options, images))
  const { service, port } = inputs.config.frontend
  const servicePort =
    servicePortOf(
      inputs.manifests.map(({ object }) => object),
      inputs.config.frontend,
    ) ?? port
  return cluster.client.withExposedPort(port).asService({
    args: [
      "kubectl",
      ...cluster.flags,
      `--namespace=${cluster.kubectl.namespace}`,
      "port-forward",
      "--address=0.0.0.0",
      `service/${service}`,
      `${port}:${servicePort}`,
    ],
  })
}

/** The public URL leads to what runs elsewhere. */
function insideOnly(inputs: ReleaseInputs): ReleaseInputs {
  const { config } = inputs
  return { ...inputs, config: { ...config, monitor: { ...config.monitor, outside: false, caConfigMap: undefined } } }
}

/** Where the user gives no secrets: what the config says, if anything, and a value of its own for each random key. */
function withEphemeralSecrets(inputs: ReleaseInputs): ReleaseInputs {
  const { secrets, random } = inputs.config.ephemeral
  const generated = Object.fromEntries(random.map(key => [key, randomBytes(32).toString("hex")]))
  const configured = { ...secrets, ...generated }
  const isSomething = Object.keys(configured).length > 0
  return { ...inputs, secrets: inputs.secrets ?? (isSomething ? configured : undefined) }
}

/** Started by hand: one that only a push uses is stopped after it, and would start again empty. */
function startRegistry(config: Config): Promise<Service> {
  const registry = dag
    .container()
    .from(config.images.registry)
    .withEnvVariable("CLOUD_NATIVE_CALL", uniqueValue())
    .withExposedPort(5000)
    .asService({ useEntrypoint: true })
  return quietly("registry", () => within(() => registry.start(), "the start of the ephemeral registry"))
}

/** `registry`: that of the images, where their references' hosts do not lead there from the node. */
async function startCluster(config: Config, images: PushedImages, registry?: Service): Promise<Cluster> {
  const kubeconfig = `${KUBECONFIG_DIR}/${uniqueValue()}.yaml`
  const kubeconfigs = dag.cacheVolume("cloud-native-kubeconfigs")
  const machine = dag
    .container()
    .from(config.images.k3s)
    .withFile("/usr/local/bin/start.sh", dag.currentModule().source().file("k3s/start.sh"))
    .withMountedCache(KUBECONFIG_DIR, kubeconfigs)
    .withMountedCache("/var/lib/rancher", dag.cacheVolume("cloud-native-k3s"), { sharing: CacheSharingMode.Private })
    .withMountedTemp("/var/lib/kubelet")
    .withMountedTemp("/var/log")
    .withMountedTemp("/etc/lib/cni")
    .withMountedTemp("/run")
    .withExposedPort(6443)
  const node = (registry ? await withMirror(machine, images, registry) : machine).asService({
    args: [
      "sh",
      "/usr/local/bin/start.sh",
      "server",
      `--write-kubeconfig=${kubeconfig}`,
      `--tls-san=${API_HOST}`,
      "--disable=traefik",
      "--egress-selector-mode=disabled",
    ],
    insecureRootCapabilities: true,
    noInit: true,
  })
  const client = kubectlContainer(config)
    .withMountedCache(KUBECONFIG_DIR, kubeconfigs)
    .withServiceBinding(API_HOST, node)
  const flags = [`--kubeconfig=${kubeconfig}`, `--server=https://${API_HOST}:6443`]
  return { node, client, flags, kubectl: new Kubectl(client, flags, config.namespace) }
}

async function withMirror(machine: Container, images: PushedImages, registry: Service): Promise<Container> {
  const [port] = await registry.ports()
  const mirrors = mirrorsOf(images, await port!.port())
  return machine
    .withServiceBinding(MIRROR, registry)
    .withNewFile("/etc/rancher/k3s/registries.yaml", stringify(mirrors))
}

/** Where the node finds images of these hosts: at a registry that is a service, in plain HTTP. */
export function mirrorsOf(images: PushedImages, port: number): object {
  const hosts = Object.values(images).map(reference => parseReference(reference).host)
  return { mirrors: Object.fromEntries(hosts.map(host => [host, { endpoint: [`http://${MIRROR}:${port}`] }])) }
}

const NODES_READY = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'

/** Wait for the node, then bring up the namespace and the backing services in it. */
async function prepare({ node, kubectl }: Cluster, config: Config): Promise<void> {
  console.log("cluster: starting an ephemeral Kubernetes")
  await quietly("cluster", () => within(() => node.start(), "the start of the ephemeral cluster"))
  await pollUntil("the ephemeral cluster's node to be ready", READY_TIMEOUT, async () => {
    const answer = await kubectl.run(["get", "nodes", `--output=${NODES_READY}`])
    return (answer.exitCode === 0 && answer.stdout.includes("True")) || undefined
  })
  const restricted = { "pod-security.kubernetes.io/enforce": "restricted" }
  await kubectl.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: config.namespace, labels: restricted } },
  ])
  await kubectl.apply(backingManifests(config))
  for (const name of config.ephemeral.services) {
    console.log(`cluster: waiting for ${name}`)
    await kubectl.must(["rollout", "status", `deployment/${name}`, `--timeout=${READY_TIMEOUT}s`])
  }
}
