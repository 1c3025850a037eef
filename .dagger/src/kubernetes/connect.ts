import { Container, dag, Secret, Service } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { decodedText } from "../util/base64.js"
import { together } from "../util/collect-errors.js"
import { CloudNativeError } from "../util/errors.js"
import { plaintextOf } from "../util/secret.js"
import { uniqueValue } from "../util/unique.js"
import { assertLeadsOut, readWhoAmI, WHO_AM_I } from "./connection-errors.js"
import { assertSelfContained } from "./external-references.js"
import { readKubeconfig } from "./kubeconfig.js"
import { Kubectl } from "./kubectl.js"

/** Host name of the API server in the container that runs kubectl, when it is bound as a service. */
export const API_HOST = "kubernetes"
const KUBECONFIG = "/run/secrets/kubeconfig"

export interface Target {
  kubeconfig: Secret
  context?: string
  namespace?: string
  apiServer?: Service
}

/** kubectl on a cluster that has answered, and the user that it sees. */
export interface Reached {
  kubectl: Kubectl
  user: string
  /** When its credentials end, in milliseconds since 1970; unset where that is not known. */
  credentialsEnd?: number
}

/** kubectl on the user's cluster; throws unless the API server answers and the namespace exists. */
export async function connect(target: Target, config: Config): Promise<Kubectl> {
  const { kubectl } = await reach(target, config)
  await assertNamespace(kubectl)
  return kubectl
}

/** Throws unless the API server answers within ten seconds; the error says why it does not and what to do. */
export async function reach(target: Target, config: Config): Promise<Reached> {
  const given = await plaintextOf(target.kubeconfig, "--kubeconfig")
  const decoded = decodedText(given)
  const kubeconfig = decoded === undefined ? target.kubeconfig : dag.setSecret(`kubeconfig-${uniqueValue()}`, decoded)
  const server = readKubeconfig(decoded ?? given, target.context)
  const plain = kubectlContainer(config)
  await together(
    () => assertSelfContained(server, plain, config.images.kubectl),
    () => assertLeadsOut(server, target.apiServer),
  )
  const container = plain.withMountedSecret(KUBECONFIG, kubeconfig).withEnvVariable("KUBECONFIG", KUBECONFIG)
  const namespace = target.namespace ?? config.namespace
  if (!target.namespace && server.namespace && server.namespace !== namespace)
    console.log(contextDiffers(config, server.namespace))
  const context = `--context=${server.context}`
  const kubectl = target.apiServer
    ? new Kubectl(
        container.withServiceBinding(API_HOST, target.apiServer),
        [context, `--server=https://${API_HOST}:${await port(target.apiServer)}`, `--tls-server-name=${server.host}`],
        namespace,
      )
    : new Kubectl(container, [context], namespace)
  const url = target.apiServer ? `${server.url} (through --api-server)` : server.url
  kubectl.user = readWhoAmI(await kubectl.run(WHO_AM_I), { url, host: server.host })
  return { kubectl, user: kubectl.user, credentialsEnd: server.credentialsEnd }
}

/** What to tell a user whose kubeconfig has another namespace than the configuration, which is the one that counts. */
export function contextDiffers({ name, namespace }: Pick<Config, "name" | "namespace">, inContext: string): string {
  const origin = namespace === name ? "the release's name, which is the default" : "as cloud-native.yaml says"
  return `namespace: ${namespace}, ${origin}; the kubeconfig's context has ${inContext}: --namespace=${inContext} would deploy there`
}

/** A container that runs kubectl, as root: a mounted secret is root's to read. With the group, no image needs an /etc/passwd. */
export function kubectlContainer(config: Config): Container {
  return dag.container().from(config.images.kubectl).withUser("0:0")
}

async function port(service: Service): Promise<number> {
  const [first] = await service.ports()
  return first!.port()
}

/** Throws if the namespace is known to be missing: a caller that may not read namespaces may still deploy to one. */
export async function assertNamespace(kubectl: Kubectl): Promise<void> {
  const answer = await kubectl.run(["get", "namespace", kubectl.namespace, "--ignore-not-found", "--output=name"])
  if (answer.exitCode !== 0 || answer.stdout.trim()) return
  throw new CloudNativeError({
    code: "NAMESPACE_MISSING",
    blame: "user",
    what: `there is no namespace ${kubectl.namespace}`,
    why: "this module creates no namespaces: their labels and quotas belong to the cluster's owner",
    fix: `kubectl create namespace ${kubectl.namespace}, or name another with --namespace`,
  })
}
