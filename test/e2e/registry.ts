import { createServer } from "node:net"
import { setTimeout as delay } from "node:timers/promises"

import { ensureImage } from "../lab/images.ts"
import { label } from "../lab/lab.ts"
import { podman } from "../lab/podman.ts"

const REGISTRY = "docker.io/library/registry:3"
export const ORAS = "ghcr.io/oras-project/oras:v1.3.4"
export const COSIGN = "ghcr.io/sigstore/cosign/cosign:v3.1.3"

/** A user of the registry, and the line that htpasswd writes for that password. */
export const LOGIN = {
  username: "pusher",
  password: "open sesame",
  htpasswd: "pusher:$2b$05$g9k.DDUps70l7bMs6gqLXeDnRASKW5lTaUXSThHHjtqEF7TKqf4zy",
}

/** A registry on a port of this machine, of a lab of that name; with an htpasswd file, it asks for a login. Answers with its address. */
export async function startRegistry(lab: string, htpasswd?: string): Promise<string> {
  await ensureImage(REGISTRY)
  const port = await freePort()
  const protection = [
    "--volume",
    `${htpasswd}:/htpasswd:ro`,
    "--env",
    "REGISTRY_AUTH_HTPASSWD_REALM=test",
    "--env",
    "REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd",
  ]
  await podman([
    "run",
    "--detach",
    "--label",
    `${label}=${lab}`,
    "--network",
    "host",
    "--env",
    `REGISTRY_HTTP_ADDR=127.0.0.1:${port}`,
    ...(htpasswd ? protection : []),
    REGISTRY,
  ])
  while (
    !(await fetch(`http://127.0.0.1:${port}/v2/`).then(
      () => true,
      () => false,
    ))
  )
    await delay(100)
  return `localhost:${port}`
}

/** Run a tool on the network of this machine, with a folder as its working directory; answers with what it printed. */
export async function tool(
  image: string,
  folder: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  await ensureImage(image)
  const variables = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`])
  const ended = await podman([
    "run",
    "--rm",
    "--network",
    "host",
    "--user",
    "0:0",
    "--volume",
    `${folder}:/work`,
    "--workdir",
    "/work",
    ...variables,
    image,
    ...args,
  ])
  return ended.stdout
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** A key pair as a user makes one: NAME.key and NAME.pub in that folder. */
export async function generateKeyPair(folder: string, name: string, password: string): Promise<void> {
  await tool(COSIGN, folder, ["generate-key-pair", `--output-key-prefix=${name}`], { COSIGN_PASSWORD: password })
}
