import { z } from "zod"

import { servingOf } from "../config/applications.js"
import type { Config } from "../config/schema.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import { describe } from "../manifests/manifest.js"
import { closing, closingDns, type Destination, type Direction } from "../manifests/network-policies.js"
import { podsOf } from "../manifests/pods.js"
import type { KubernetesObject } from "../manifests/render.js"
import { isSelected, serviceNamed, servicePortOf } from "../manifests/services.js"
import { isKind, NetworkPolicy } from "../manifests/shapes.js"
import { k6Pod } from "../monitor/k6-job.js"
import { readJson } from "../util/json.js"

const DIRECTIONS: Direction[] = ["Egress", "Ingress"]
/** What a policy knows the monitor's pod by, and the handshake's. */
const MONITOR = "app.kubernetes.io/name=cloud-native-monitor"
const Policies = z.object({ items: z.array(NetworkPolicy) })

/** Warn where NetworkPolicies shut the monitor's pod out. Nothing is refused: the cluster's network may not enforce them. */
export async function warnOfPolicies(kubectl: Kubectl, config: Config, objects: KubernetesObject[]): Promise<void> {
  const { exitCode, stdout } = await kubectl.persist(["get", "networkpolicies.networking.k8s.io", "--output=json"])
  if (exitCode !== 0)
    return console.log("preflight: NetworkPolicies cannot be listed: whether they shut the monitor out is not checked")
  const live = readJson(Policies, stdout, "the NetworkPolicies of the namespace").items
  for (const text of closedWays(config, objects, live, kubectl.namespace)) console.log(`preflight: warning: ${text}`)
}

/** The connections of the monitor's pod that are certain to be closed once the objects are applied beside the live policies: a text for each. */
export function closedWays(
  config: Config,
  objects: KubernetesObject[],
  live: NetworkPolicy[],
  namespace: string,
): string[] {
  // Policies of a network's own kinds may allow more.
  if (objects.some(object => object.kind.endsWith("NetworkPolicy") && !isKind(object, "NetworkPolicy"))) return []
  const own = objects.filter(object => isKind(object, "NetworkPolicy"))
  const replaced = own.map(({ metadata }) => metadata.name)
  const policies = [...live.filter(({ metadata }) => !replaced.includes(metadata.name)), ...own]
  const monitor = k6Pod(config).metadata.labels!
  const destinations = destinationsOf(config, objects)
  const dns = destinations.length > 0 ? closingDns(policies, monitor) : []
  return [
    ...textsOf(
      dns,
      "egress",
      "the cluster's DNS (a cache on its node may answer all the same)",
      "the cluster's DNS at port 53, UDP and TCP",
    ),
    ...destinations.flatMap(to =>
      DIRECTIONS.flatMap(direction =>
        textsOf(
          closing(policies, direction, monitor, to, namespace),
          direction.toLowerCase(),
          `${describe(to.object)} at port ${to.port}`,
          `pods with ${to.selector} at port ${to.port}, the container's`,
        ),
      ),
    ),
  ]
}

function textsOf(policies: NetworkPolicy[], direction: string, to: string, remedy: string): string[] {
  if (policies.length === 0) return []
  const problem = `${policies.map(describe).join(", ")}: no ${direction} from the monitor's pod to ${to}`
  const effect = "where the cluster enforces NetworkPolicies, requests of the monitor and the handshake fail"
  return [`${problem}: ${effect}; allow ${direction} from pods with ${MONITOR} to ${remedy}`]
}

/** The pods behind the Services that the monitor and the handshake ask, as far as the release has both. */
function destinationsOf(config: Config, objects: KubernetesObject[]): (Destination & { selector: string })[] {
  const asked = [...config.monitor.requests, ...config.monitor.signIn, ...config.handshake].map(({ to }) => to)
  const apps = Object.entries(servingOf(config)).filter(([name]) => asked.includes(name))
  return apps.flatMap(([, app]) => {
    const service = serviceNamed(objects, app.service)
    const servicePort = servicePortOf(objects, app)
    if (!service || servicePort === undefined) return []
    const selector = Object.entries(service.spec.selector ?? {})
      .map(label => label.join("="))
      .join(",")
    return objects
      .filter(object => !isKind(object, "Job") && isSelected(service, object))
      .map(object => ({ object, template: podsOf(object)!.template }))
      .filter(({ template }) => !template.spec.hostNetwork)
      .map(({ object, template }) => ({
        object,
        labels: template.metadata!.labels!,
        port: app.port,
        servicePort,
        selector,
      }))
  })
}
