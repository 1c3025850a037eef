import { z } from "zod"

import { readShape } from "../../util/json.js"

const Strings = z
  .record(z.string(), z.string())
  .nullish()
  .transform(value => value ?? {})
const List = z
  .array(z.string())
  .nullish()
  .transform(value => value ?? [])
const Text = z
  .string()
  .nullish()
  .transform(value => value ?? "")

const Descriptor = z.object({ digest: z.string(), size: z.number() })
const Index = z.object({ manifests: z.array(Descriptor).min(1) })
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor), annotations: Strings })
const ImageConfig = z.object({
  config: z
    .object({
      User: Text,
      WorkingDir: Text,
      Env: List,
      Entrypoint: List,
      Cmd: List,
      Labels: Strings,
      ExposedPorts: z
        .record(z.string(), z.unknown())
        .nullish()
        .transform(value => Object.keys(value ?? {})),
    })
    .prefault({}),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
  history: z
    .array(z.object({ created_by: Text, comment: Text }))
    .nullish()
    .transform(value => value ?? []),
})

export interface OciLayer {
  /** Of the layer as a registry holds it. */
  digest: string
  /** Bytes as a registry holds it and a node pulls it. */
  size: number
  /** Of the layer uncompressed: the same for the same content, however it was compressed. */
  diffId: string
}

export interface OciImage {
  /** Digest of its configuration: the same for the same image, however its layers are compressed. */
  id: string
  /** The lowest first. */
  layers: OciLayer[]
  annotations: Record<string, string>
  labels: Record<string, string>
  user: string
  workdir: string
  /** NAME=value. */
  env: string[]
  entrypoint: string[]
  args: string[]
  /** 8000/tcp. */
  ports: string[]
  /** The commands that made it, with the values of build arguments where they were used. */
  history: string[]
}

/** Read an image from an OCI layout, whose files `read` gives as parsed JSON. */
export async function readImage(read: (path: string) => Promise<unknown>): Promise<OciImage> {
  const file = async <T>(path: string, shape: z.ZodType<T>) =>
    readShape(shape, await read(path), `${path} of the image`)
  const blob = <T>({ digest }: { digest: string }, shape: z.ZodType<T>) => file(blobPath(digest), shape)
  const index = await file("index.json", Index)
  const manifest = await blob(index.manifests[0]!, Manifest)
  const { config, rootfs, history } = await blob(manifest.config, ImageConfig)
  return {
    id: manifest.config.digest,
    layers: manifest.layers.map(({ digest, size }, position) => ({
      digest,
      size,
      diffId: rootfs.diff_ids[position] ?? digest,
    })),
    annotations: manifest.annotations,
    labels: config.Labels,
    user: config.User,
    workdir: config.WorkingDir,
    env: config.Env,
    entrypoint: config.Entrypoint,
    args: config.Cmd,
    ports: config.ExposedPorts,
    history: history.map(step => [step.created_by, step.comment].filter(Boolean).join(" ")),
  }
}

/** Where a layout has the blob of a digest. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`
}

/** Bytes of layers, as a registry holds them. */
export function sizeOf(layers: OciLayer[]): number {
  return layers.reduce((total, layer) => total + layer.size, 0)
}
