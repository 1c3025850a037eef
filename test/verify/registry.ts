import { createHash } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { ensureImage } from "../lab/images.ts"
import { podman } from "../lab/podman.ts"

const IMAGE = "docker.io/library/registry:3"

/** A registry for one file of tests, and the means to fill it. */
export class Registry {
  private constructor(
    readonly address: string,
    private readonly container: string,
  ) {}

  static async start(): Promise<Registry> {
    await ensureImage(IMAGE)
    const { stdout } = await podman(["run", "--detach", "--rm", "--publish", "127.0.0.1::5000", IMAGE])
    const container = stdout.trim()
    const port = (await podman(["port", container, "5000/tcp"])).stdout.trim().split(":").at(-1)
    for (let tries = 0; !(await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined)); tries++) {
      if (tries > 300) throw new Error("the registry did not answer within 30 s")
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    return new Registry(`localhost:${port}`, container)
  }

  async stop(): Promise<void> {
    await podman(["rm", "--force", "--time=2", this.container])
  }

  /** Build an image and push it; its digest. What stays on this machine is what was pulled, as on any other one. */
  async push(name: string, dockerfile: string, files: Record<string, string> = {}): Promise<string> {
    const reference = `${this.address}/${name}`
    await buildImage(reference, dockerfile, files)
    await podman(["push", "--quiet", "--tls-verify=false", reference])
    await podman(["rmi", reference])
    await podman(["pull", "--quiet", "--tls-verify=false", reference])
    return digestOf(reference)
  }

  /** Push what is no image: an artifact with a text in it. */
  async pushArtifact(repository: string, tag: string): Promise<void> {
    const blob = async (content: string) => {
      const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`
      const begun = await fetch(`http://${this.address}/v2/${repository}/blobs/uploads/`, { method: "POST" })
      const location = new URL(begun.headers.get("location")!, `http://${this.address}`)
      location.searchParams.set("digest", digest)
      await fetch(location, { method: "PUT", body: content })
      return { digest, size: Buffer.byteLength(content) }
    }
    const mediaType = "application/vnd.oci.image.manifest.v1+json"
    const config = { mediaType: "application/vnd.example.text", ...(await blob("{}")) }
    const layers = [{ mediaType: "text/plain", ...(await blob("no image")) }]
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType,
      artifactType: "application/vnd.example.text",
      config,
      layers,
    })
    const answer = await fetch(`http://${this.address}/v2/${repository}/manifests/${tag}`, {
      method: "PUT",
      headers: { "content-type": mediaType },
      body,
    })
    if (!answer.ok) throw new Error(`the artifact was refused: ${answer.status} ${await answer.text()}`)
  }
}

/** Build an image that stays on this machine; its digest. */
export async function buildImage(
  reference: string,
  dockerfile: string,
  files: Record<string, string> = {},
): Promise<string> {
  const context = mkdtempSync(join(tmpdir(), "cloud-native-build-"))
  try {
    for (const [path, text] of Object.entries({ ...files, Dockerfile: dockerfile }))
      writeFileSync(join(context, path), text)
    await podman(["build", "--quiet", "--pull=never", "--tag", reference, context])
    return await digestOf(reference)
  } finally {
    rmSync(context, { recursive: true })
  }
}

/** Podman finds an image by its digest under any name. */
export async function forget(reference: string): Promise<void> {
  await podman(["rmi", reference])
}

async function digestOf(reference: string): Promise<string> {
  return (await podman(["image", "inspect", "--format", "{{.Digest}}", reference])).stdout.trim()
}
