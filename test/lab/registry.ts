import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import type { Lab } from "./lab.ts"
import { podman } from "./podman.ts"

/** Push an image of the lab's storage to a lab's registry, as `name:tag`; answers with its name there by digest. */
export async function pushImage(lab: Lab, image: string, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cloud-native-push-"))
  try {
    const digest = join(folder, "digest")
    await podman(["push", "--tls-verify=false", `--digestfile=${digest}`, image, `${lab.registry}/${name}`])
    return `${lab.registry}/${name.split(":")[0]}@${(await readFile(digest, "utf8")).trim()}`
  } finally {
    await rm(folder, { recursive: true })
  }
}
