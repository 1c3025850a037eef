import { kubernetesContainer, type Lab, label } from "../lab/lab.ts"
import { podman } from "../lab/podman.ts"

const PRIVATE = { AUTH: "htpasswd", AUTH_HTPASSWD_REALM: "lab", AUTH_HTPASSWD_PATH: "/tmp/htpasswd" }

/**
 * Two registries on the node of a lab, without a mirror before them, whose failure would be told in place of theirs:
 * at `localhost:5001` there, one that asks everybody for credentials, at `localhost:5002` an empty one. They go with the lab.
 */
export async function startNodeRegistries(lab: Lab): Promise<void> {
  await start(lab, 5001, PRIVATE)
  await start(lab, 5002, {})
}

async function start({ name }: Lab, port: number, settings: Record<string, string>): Promise<void> {
  const env = Object.entries({ ...settings, HTTP_ADDR: `:${port}` }).map(
    ([key, value]) => `--env=REGISTRY_${key}=${value}`,
  )
  await podman([
    "run",
    "--detach",
    "--label",
    `${label}=${name}`,
    "--network",
    `container:${kubernetesContainer(name)}`,
    ...env,
    "docker.io/library/registry:3",
  ])
}
