import { z } from "zod"

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
  const blob = (descriptor: { digest: string }) => read(`blobs/${descriptor.digest.replace(":", "/")}`)
  const index = Index.parse(await read("index.json"))
  const manifest = Manifest.parse(await blob(index.manifests[0]!))
  const { config, rootfs } = ImageConfig.parse(await blob(manifest.config))
  return {
    size: manifest.layers.reduce((total, layer) => total + layer.size, 0),
    diffIds: rootfs.diff_ids,
    user: config.User,
  }
}
