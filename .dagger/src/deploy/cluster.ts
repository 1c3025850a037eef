import { Container, dag, Secret, Service } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { CloudNativeError } from "../errors.js"
import { readKubeconfig } from "./kubeconfig.js"
import { Kubectl } from "./kubectl.js"
import { plaintextOf } from "./plan.js"

/** How the API server is called in the container that runs kubectl, when it is bound as a service. */
export const API_HOST = "kubernetes"
/** Where its container has the template that a rollout is read with. */
export const SNAPSHOT_TEMPLATE = "/templates/snapshot.gotmpl"
const KUBECONFIG = "/run/secrets/kubeconfig"

export interface Target {
  kubeconfig: Secret
  context?: string
  namespace?: string
  apiServer?: Service
}

/** kubectl on the user's cluster; throws unless the API server answers and the namespace exists. */
export async function connect(target: Target, config: Config): Promise<Kubectl> {
  const server = readKubeconfig(await plaintextOf(target.kubeconfig, "--kubeconfig"), target.context)
  const container = kubectlContainer(config).withMountedSecret(KUBECONFIG, target.kubeconfig).withEnvVariable("KUBECONFIG", KUBECONFIG)
  const context = `--context=${server.context}`
  const kubectl = target.apiServer
    ? new Kubectl(
        container.withServiceBinding(API_HOST, target.apiServer),
        [context, `--server=https://${API_HOST}:${await port(target.apiServer)}`, `--tls-server-name=${server.host}`],
        target.namespace ?? config.namespace,
      )
    : new Kubectl(container, [context], target.namespace ?? config.namespace)
  await assertReachable(kubectl, server.url)
  await assertNamespace(kubectl)
  return kubectl
}

/** A container that runs kubectl, as root: a mounted secret is root's to read. With the group, no image needs an /etc/passwd. */
export function kubectlContainer(config: Config): Container {
  const template = dag.currentModule().source().file("kubectl/snapshot.gotmpl")
  return dag.container().from(config.images.kubectl).withUser("0:0").withFile(SNAPSHOT_TEMPLATE, template)
}

async function port(service: Service): Promise<number> {
  const [first] = await service.ports()
  return first!.port()
}

async function assertReachable(kubectl: Kubectl, url: string): Promise<void> {
  const answer = await kubectl.run(["version"])
  if (answer.exitCode === 0) return
  throw new CloudNativeError({
    code: "CLUSTER_UNREACHABLE",
    blame: "environment",
    what: `the API server at ${url} does not answer`,
    why: answer.stderr.trim(),
    fix: LOOPBACK.test(url)
      ? "that address is the container's own here; add --api-server=tcp://HOST:PORT with the address as this machine sees it"
      : "check that the cluster is up, and that the kubeconfig leads to it from this machine",
  })
}

const LOOPBACK = /\/\/(127\.|localhost|\[::1\]|0\.0\.0\.0)/

/** Who may not look at namespaces may still deploy to one: only one that is known to be missing stops a deployment. */
async function assertNamespace(kubectl: Kubectl): Promise<void> {
  const answer = await kubectl.run(["get", "namespace", kubectl.namespace, "--ignore-not-found", "--output=name"])
  if (answer.exitCode !== 0 || answer.stdout.trim()) return
  throw new CloudNativeError({
    code: "NAMESPACE_MISSING",
    blame: "user",
    what: `there is no namespace ${kubectl.namespace}`,
    why: "the module creates none: its labels and quotas are the cluster owner's",
    fix: `kubectl create namespace ${kubectl.namespace}, or name another with --namespace`,
  })
}
