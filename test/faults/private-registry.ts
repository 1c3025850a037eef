import { kubernetesContainer, label, type Lab } from "../lab/lab.ts"
import { podman } from "../lab/podman.ts"

/** A registry that asks everybody for credentials, on the node of a lab: `localhost:5001` there. Goes with the lab. */
export async function startPrivateRegistry({ name }: Lab): Promise<void> {
  const settings = { AUTH: "htpasswd", AUTH_HTPASSWD_REALM: "lab", AUTH_HTPASSWD_PATH: "/tmp/htpasswd", HTTP_ADDR: ":5001" }
  const env = Object.entries(settings).map(([key, value]) => `--env=REGISTRY_${key}=${value}`)
  await podman(["run", "--detach", "--label", `${label}=${name}`, "--network", `container:${kubernetesContainer(name)}`, ...env, "docker.io/library/registry:3"])
}
