import { dockerConfig, type RegistryLogin } from "../registry/login.js"
import { podsOf } from "./pods.js"
import type { KubernetesObject } from "./shapes.js"

const NAME = "registry-login"

/** The Secret with which nodes pull from the registry, and every pod told to use it. */
export function pullSecretFor(objects: KubernetesObject[], login: RegistryLogin): KubernetesObject {
  for (const object of objects) {
    const spec = podsOf(object)?.template.spec
    if (spec) spec.imagePullSecrets = [...(spec.imagePullSecrets ?? []), { name: NAME }]
  }
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: NAME },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from(dockerConfig(login)).toString("base64") },
  }
}
