import { podsOf } from "./pods.js"
import type { KubernetesObject } from "./shapes.js"

/** Who may pull from a registry. */
export interface RegistryLogin {
  /** For example ghcr.io or localhost:5000. */
  host: string
  username: string
  password: string
}

const NAME = "registry-login"
/** Docker Hub goes by another name there. */
const HUB = { "docker.io": "https://index.docker.io/v1/" } as Record<string, string>

/** The Secret with which nodes pull from the registry, and every pod told to use it. */
export function pullSecretFor(
  objects: KubernetesObject[],
  { host, username, password }: RegistryLogin,
): KubernetesObject {
  for (const object of objects) {
    const spec = podsOf(object)?.template.spec
    if (spec) spec.imagePullSecrets = [...(spec.imagePullSecrets ?? []), { name: NAME }]
  }
  const login = { auths: { [HUB[host] ?? host]: { username, password, auth: base64(`${username}:${password}`) } } }
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: NAME },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": base64(JSON.stringify(login)) },
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64")
}
