import { z } from "zod"

import { readShape } from "../shape.js"

const Descriptor = z.object({ digest: z.string(), size: z.number() })
const Index = z.object({ manifests: z.array(Descriptor).min(1) })
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor) })
const ImageConfig = z.object({
  config: z.object({ User: z.string().default("") }).default({ User: "" }),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
})

export interface OciImage {
  /** Bytes of the compressed layers, which is what a registry holds and a node pulls. */
  size: number
  /** The layers uncompressed, by digest: the same for the same content, however it was compressed. */
  diffIds: string[]
  user: string
}

/** Read an image from an OCI layout, whose files `read` gives as parsed JSON. */
export async function readImage(read: (path: string) => Promise<unknown>): Promise<OciImage> {
  const file = async <T>(path: string, shape: z.ZodType<T>) => readShape(shape, await read(path), `${path} of the image`)
  const blob = <T>({ digest }: { digest: string }, shape: z.ZodType<T>) => file(`blobs/${digest.replace(":", "/")}`, shape)
  const index = await file("index.json", Index)
  const manifest = await blob(index.manifests[0]!, Manifest)
  const { config, rootfs } = await blob(manifest.config, ImageConfig)
  return {
    size: manifest.layers.reduce((total, layer) => total + layer.size, 0),
    diffIds: rootfs.diff_ids,
    user: config.User,
  }
}
