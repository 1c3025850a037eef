import type { Config } from "../config/schema.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Available } from "../manifests/references.js"
import { isLoopback } from "../registry/reference.js"
import { CloudNativeError } from "../util/errors.js"
import { readAvailable } from "./references.js"

/** Throw where the monitor is to ask an address that leads each machine to itself, its own pod as well. */
export function assertOutside({ monitor }: Pick<Config, "monitor">, publicUrl: string): void {
  if (!monitor.outside || !isLoopback(new URL(publicUrl).host)) return
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `the monitor cannot send requests from outside (monitor.outside) to ${publicUrl}`,
    why: "that address leads each machine to itself, the monitor's pod as well",
    fix: "set the address that users open with --public-url, or publicUrl in cloud-native.yaml; or take monitor.outside out",
  })
}

/** Throw unless the ConfigMap of the authorities that the monitor's pod trusts is there; without it, the pod would not start. */
export async function assertAuthorities(kubectl: Kubectl, { monitor }: Pick<Config, "monitor">): Promise<void> {
  const { caConfigMap } = monitor
  if (!caConfigMap) return
  const there = await readAvailable(kubectl, [{ kind: "ConfigMap", name: caConfigMap }])
  if (!there) return console.log(`preflight: the ConfigMap ${caConfigMap} may not be read: it is not checked`)
  assertCertificates(caConfigMap, there, kubectl.namespace)
}

/** Throw unless that ConfigMap is among what is there, with a key. */
export function assertCertificates(name: string, there: Pick<Available, "keys">[], namespace: string): void {
  const [found] = there
  if (found?.keys?.length) return
  throw new CloudNativeError({
    code: "SECRETS_MISSING",
    blame: "user",
    what: `the namespace ${namespace} lacks the certificates that the monitor is to trust; nothing was changed`,
    why: `the ConfigMap ${name} (monitor.caConfigMap of cloud-native.yaml) ${found ? "has no key" : "does not exist"}`,
    fix: `create it with the authority's certificate: kubectl --namespace=${namespace} create configmap ${name} --from-file=ca.crt; one of the manifests does not count, since its name changes with its content`,
  })
}
