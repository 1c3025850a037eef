import { dockerConfig, type RegistryLogin } from "../registry/login.js"
import { podsOf } from "./pods.js"
import { isKind, type KubernetesObject } from "./shapes.js"

const NAME = "registry-login"

/** The Secret with which nodes pull from the registry, and every pod told to use it. */
export function pullSecretFor(objects: KubernetesObject[], login: RegistryLogin): KubernetesObject {
  for (const object of objects) {
    const spec = podsOf(object)?.template.spec
    if (!spec) continue
    // A pod with secrets of its own gets none of its account's.
    const others = spec.imagePullSecrets?.length ? spec.imagePullSecrets : ofAccount(spec.serviceAccountName, objects)
    spec.imagePullSecrets = [...others, { name: NAME }]
  }
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: NAME },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from(dockerConfig(login)).toString("base64") },
  }
}

function ofAccount(account = "default", objects: KubernetesObject[]): { name: string }[] {
  const found = objects
    .filter(object => isKind(object, "ServiceAccount"))
    .find(({ metadata }) => metadata.name === account)
  return found?.imagePullSecrets ?? []
}
