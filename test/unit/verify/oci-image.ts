import type { OciImage } from "../../../.dagger/src/verify/image/oci.js"

/** An image with layers of these diff ids, 20 MB each. */
export function imageOf(diffIds: string[], rest: Partial<OciImage> = {}): OciImage {
  const layers = diffIds.map(diffId => ({ digest: `sha256:compressed-${diffId}`, size: 20e6, diffId }))
  return {
    id: "sha256:configuration",
    layers,
    annotations: {},
    labels: {},
    user: "10001",
    workdir: "",
    env: [],
    entrypoint: [],
    args: [],
    ports: [],
    history: [],
    ...rest,
  }
}
