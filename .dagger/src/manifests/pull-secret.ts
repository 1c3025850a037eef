import { dockerConfig, type RegistryLogin } from "../registry/login.js"
import { podsOf } from "./pods.js"
import { isKind, type KubernetesObject, type PodTemplate } from "./shapes.js"

const NAME = "registry-login"

/** The Secret with which nodes pull from the registry, and every pod told to use it. */
export function pullSecretFor(objects: KubernetesObject[], login: RegistryLogin): KubernetesObject {
  for (const object of objects) {
    const spec = podsOf(object)?.template.spec
    if (!spec) continue
    spec.imagePullSecrets = [...pullSecretsOf(spec, objects), { name: NAME }]
  }
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: NAME },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from(dockerConfig(login)).toString("base64") },
  }
}

/** The pull secrets that manifests give a pod: its account's, unless it has any of its own. */
export function pullSecretsOf(
  { imagePullSecrets = [], serviceAccountName = "default" }: PodTemplate["spec"],
  objects: KubernetesObject[],
): { name: string }[] {
  if (imagePullSecrets.length > 0) return imagePullSecrets
  const account = objects
    .filter(object => isKind(object, "ServiceAccount"))
    .find(({ metadata }) => metadata.name === serviceAccountName)
  return account?.imagePullSecrets ?? []
}
