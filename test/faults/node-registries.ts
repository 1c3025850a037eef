import { readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"

import { parse } from "yaml"

import { ensureImage } from "../lab/images.ts"
import { kubernetesContainer, type Lab, label } from "../lab/lab.ts"
import { podman } from "../lab/podman.ts"

const PRIVATE = { AUTH: "htpasswd", AUTH_HTPASSWD_REALM: "lab", AUTH_HTPASSWD_PATH: "/tmp/htpasswd" }
const REGISTRY = "docker.io/library/registry:3"
const PYTHON = "docker.io/library/python:3.13-slim"
const PAUSE = "registry.k8s.io/pause:3.10"

/**
 * Three registries on the node of a lab, without a mirror before them, whose failure would be told in place of theirs:
 * at `localhost:5001` there, one that asks everybody for credentials; at `localhost:5002` one that has the image pause:1 and no
 * other; at `localhost:5003` one that has the same image by any name, and takes twelve seconds. They go with the lab.
 */
export async function startNodeRegistries(lab: Lab): Promise<void> {
  await Promise.all([PYTHON, PAUSE].map(ensureImage))
  await start(lab, registrySettings(5001, PRIVATE), REGISTRY)
  await start(lab, registrySettings(5002, {}), REGISTRY)
  await start(lab, [], PYTHON, "python", "-c", readFileSync(join(import.meta.dirname, "slow-registry.py"), "utf8"))
  await pushPause(`${addressOf(lab)}:5002/pause:1`)
}

function registrySettings(port: number, settings: Record<string, string>): string[] {
  return Object.entries({ ...settings, HTTP_ADDR: `:${port}` }).map(([key, value]) => `--env=REGISTRY_${key}=${value}`)
}

async function start({ name }: Lab, flags: string[], image: string, ...command: string[]): Promise<void> {
  const network = ["--network", `container:${kubernetesContainer(name)}`]
  await podman(["run", "--detach", "--label", `${label}=${name}`, ...network, ...flags, image, ...command])
}

async function pushPause(reference: string): Promise<void> {
  const push = () => podman(["push", "--quiet", "--tls-verify=false", PAUSE, reference], { check: false })
  const deadline = Date.now() + 30_000
  for (let pushed = await push(); pushed.exitCode !== 0; pushed = await push()) {
    if (Date.now() > deadline) throw new Error(`the push to ${reference} failed: ${pushed.stderr}`)
    await delay(500)
  }
}

/** The node's address, as this machine reaches it. */
function addressOf({ kubeconfig }: Lab): string {
  return new URL(parse(readFileSync(kubeconfig, "utf8")).clusters[0].cluster.server).hostname
}
