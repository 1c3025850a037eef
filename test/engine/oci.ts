// Containers as images: OCI layouts, tarballs, and images read back.
import { createHash } from "node:crypto"
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname, join, resolve } from "node:path"

import { podman } from "../lab/podman.ts"
import { run } from "../lab/process.ts"
import type { Container } from "./container.ts"
import { addMakers } from "./evaluate.ts"
import { imageById } from "./image.ts"
import { addLeaves } from "./leaf.ts"
import { mountOverlay } from "./overlay.ts"
import { log } from "./progress.ts"
import { publish } from "./registry.ts"
import { rootStack } from "./rootfs.ts"
import { cached, digestOf, folder, keep, once, scratch, touch } from "./store.ts"
import { copyFile, type File, fileNeeds, filePath, importFile, walk } from "./tree.ts"

export interface Descriptor {
  mediaType: string
  digest: string
  size: number
}
export interface Manifest {
  schemaVersion: 2
  mediaType: string
  config: Descriptor
  layers: Descriptor[]
  annotations?: Record<string, string>
}
interface ImageConfig {
  architecture: string
  os: string
  created?: string
  config: Record<string, unknown>
  rootfs: { type: "layers"; diff_ids: string[] }
  history?: object[]
}

/** An image as an OCI layout has it; blobs are files named after their digest. */
export interface Layout {
  path: string
  manifest: Manifest
  manifestDigest: string
}

export const blobPath = (path: string, digest: string): string => join(path, "blobs", digest.replace(":", "/"))
const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T
const sha256 = async (path: string): Promise<string> => {
  const digest = createHash("sha256")
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer)
  return `sha256:${digest.digest("hex")}`
}
const writeBlob = (path: string, mediaType: string, value: unknown): Descriptor => {
  const text = JSON.stringify(value),
    digest = `sha256:${createHash("sha256").update(text).digest("hex")}`
  writeFileSync(blobPath(path, digest), text)
  return { mediaType, digest, size: Buffer.byteLength(text) }
}
const type = (name: string) => `application/vnd.oci.image.${name}`

/** The layout of an image of the storage, its layers compressed once. */
const imageLayout = (id: string): Promise<string> =>
  once(`layout ${id}`, async () => {
    const kept = join(folder("images"), id)
    if (existsSync(kept)) {
      touch(kept)
      return kept
    }
    log("compressing layers")
    const made = join(scratch(), "layout")
    await podman(["push", "--quiet", id, `oci:${made}:image`])
    keep(made, kept)
    return kept
  })

const scratchLayout = (): string => {
  const path = join(scratch(), "layout")
  mkdirSync(join(path, "blobs", "sha256"), { recursive: true })
  return path
}

/** What a container adds to its image, as one layer: what is new or changed, and marks for what is gone. */
const layerOf = async (container: Container): Promise<{ path: string; diffId: string } | undefined> => {
  if (container.layers.length === 0) return undefined
  const base = await mountOverlay(container.image ? (await imageById(container.image)).layers : [])
  const final = await mountOverlay(await rootStack(container))
  try {
    const before = new Map(walk(base.path).map(({ path, stats }) => [path, stats])),
      after = walk(final.path)
    const changed = after
      .filter(({ path, stats }) => {
        const old = before.get(path)
        const same = old && old.mode === stats.mode && old.uid === stats.uid && old.gid === stats.gid
        return !same || (!stats.isDirectory() && (old.size !== stats.size || old.mtimeMs !== stats.mtimeMs))
      })
      .map(({ path }) => path)
    const present = new Set(after.map(({ path }) => path))
    const gone = [...before.keys()].filter(
      path => !present.has(path) && (!path.includes("/") || present.has(dirname(path))),
    )
    if (changed.length + gone.length === 0) return undefined
    const at = scratch(),
      marks = gone.map(path => join(dirname(path), `.wh.${path.split("/").at(-1)}`)),
      tar = join(at, "layer.tar")
    for (const mark of marks) {
      mkdirSync(dirname(join(at, "marks", mark)), { recursive: true })
      writeFileSync(join(at, "marks", mark), "")
    }
    writeFileSync(join(at, "changed"), changed.join("\0"))
    writeFileSync(join(at, "gone"), marks.join("\0"))
    const list = (name: string) => ["--null", "--no-recursion", "--numeric-owner", "--files-from", join(at, name)]
    await run(["tar", "--create", "--file", tar, "--directory", final.path, ...list("changed")])
    if (marks.length > 0)
      await run(["tar", "--append", "--file", tar, "--directory", join(at, "marks"), ...list("gone")])
    return { path: tar, diffId: await sha256(tar) }
  } finally {
    await base.release()
    await final.release()
  }
}

/** Writes the container as an OCI layout. */
const layoutOf = async (container: Container): Promise<Layout> => {
  const { config } = container,
    path = scratchLayout()
  const from = container.image ? await imageLayout(container.image) : undefined
  const old = from
    ? readJson<Manifest>(
        blobPath(from, readJson<{ manifests: Descriptor[] }>(join(from, "index.json")).manifests[0]!.digest),
      )
    : undefined
  const image: ImageConfig =
    from && old
      ? readJson(blobPath(from, old.config.digest))
      : {
          architecture: process.arch === "arm64" ? "arm64" : "amd64",
          os: "linux",
          config: {},
          rootfs: { type: "layers", diff_ids: [] },
          history: [],
        }
  const layers = [...(old?.layers ?? [])]
  // No hard links: each changes the blob's ctime, which fails a tar that reads the same blob for another container.
  for (const { digest } of layers)
    if (!existsSync(blobPath(path, digest))) symlinkSync(blobPath(from!, digest), blobPath(path, digest))
  const added = await layerOf(container)
  if (added) {
    await run(["gzip", "--no-name", "--force", added.path])
    const gzipped = `${added.path}.gz`,
      digest = await sha256(gzipped)
    layers.push({ mediaType: type("layer.v1.tar+gzip"), digest, size: statSync(gzipped).size })
    renameSync(gzipped, blobPath(path, digest))
    image.rootfs.diff_ids = [...image.rootfs.diff_ids, added.diffId]
    image.history = [
      ...(image.history ?? []),
      { created: image.created, created_by: "dagger", comment: "embedded engine" },
    ]
  }
  image.config = {
    ...image.config,
    User: config.user || undefined,
    WorkingDir: config.workdir || undefined,
    Env: config.env.map(([name, value]) => `${name}=${value}`),
    Entrypoint: config.entrypoint.length > 0 ? config.entrypoint : undefined,
    Cmd: config.args.length > 0 ? config.args : undefined,
    Labels: config.labels,
    ExposedPorts: Object.fromEntries(
      config.ports.map(({ port, protocol }) => [`${port}/${protocol.toLowerCase()}`, {}]),
    ),
  }
  const annotations = Object.keys(container.annotations).length > 0 ? { annotations: container.annotations } : {}
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: type("manifest.v1+json"),
    config: writeBlob(path, type("config.v1+json"), image),
    layers,
    ...annotations,
  }
  const descriptor = writeBlob(path, manifest.mediaType, manifest)
  const platform = { architecture: image.architecture, os: image.os }
  writeFileSync(join(path, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }))
  writeFileSync(
    join(path, "index.json"),
    JSON.stringify({ schemaVersion: 2, mediaType: type("index.v1+json"), manifests: [{ ...descriptor, platform }] }),
  )
  const blob = (digest: string) => `blobs/${digest.replace(":", "/")}`
  writeFileSync(
    join(path, "manifest.json"),
    JSON.stringify([
      { Config: blob(manifest.config.digest), RepoTags: null, Layers: layers.map(({ digest }) => blob(digest)) },
    ]),
  )
  return { path, manifest, manifestDigest: descriptor.digest }
}

const imageKey = ({ image, layers, config, annotations }: Container): string =>
  digestOf(["archive", image, layers, config, annotations])

const tarball = (container: Container): Promise<File> =>
  cached(imageKey(container), fileNeeds, async () => {
    const { path } = await layoutOf(container),
      file = join(scratch(), "image.tar")
    await run([
      "tar",
      "--create",
      "--file",
      file,
      "--dereference",
      "--sort=name",
      "--mtime=@0",
      "--owner=0",
      "--group=0",
      "--numeric-owner",
      "--directory",
      path,
      ...readdirSync(path).sort(),
    ])
    rmSync(path, { recursive: true })
    return importFile(file, { link: true })
  })

addMakers({
  "Container.asTarball": tarball,
  "Container.import": async (container: Container, { source, tag }): Promise<Container> => {
    const { stdout } = await podman(["pull", "--quiet", `oci-archive:${filePath(source)}${tag ? `:${tag}` : ""}`])
    const image = await imageById(stdout.trim())
    return { ...container, image: image.id, layers: [], config: image.config, imageRef: undefined }
  },
})

addLeaves({
  "Container.publish": async (container: Container, { address, registryService }) => {
    log(`publish ${address}`)
    return publish(await layoutOf(container), address, container, registryService)
  },
  "Container.export": async (container: Container, { path }) => {
    copyFile(filePath(await tarball(container)), resolve(path))
    return resolve(path)
  },
})
