// Images in the lab's storage: what they are made of, and how they are configured.
import { GraphQLError } from "graphql"

import { ensureImage, fullName } from "../lab/images.ts"
import { podman } from "../lab/podman.ts"

export interface Port {
  port: number
  protocol: "TCP" | "UDP"
  description?: string
  skipHealthcheck: boolean
}

/** What an image says about the containers made from it. */
export interface Config {
  user: string
  workdir: string
  env: [name: string, value: string][]
  entrypoint: string[]
  args: string[]
  labels: Record<string, string>
  ports: Port[]
}
export const emptyConfig: Config = { user: "", workdir: "", env: [], entrypoint: [], args: [], labels: {}, ports: [] }

export interface Image {
  id: string
  digest: string
  /** Folders of the layers, the lowest first. */
  layers: string[]
  diffIds: string[]
  config: Config
}

interface Inspected {
  Id: string
  Digest: string
  Config: {
    User?: string
    WorkingDir?: string
    Env?: string[]
    Entrypoint?: string[]
    Cmd?: string[]
    Labels?: Record<string, string>
    ExposedPorts?: Record<string, object>
  }
  GraphDriver: { Data: { LowerDir?: string; UpperDir: string } }
  RootFS: { Layers: string[] }
}

const known = new Map<string, Image>()

/** By name or id; undefined when the storage does not hold it. */
export const findImage = async (name: string): Promise<Image | undefined> => {
  const cached = known.get(name)
  if (cached) return cached
  const { exitCode, stdout } = await podman(["image", "inspect", name], { check: false })
  if (exitCode !== 0) return undefined
  const [inspected] = JSON.parse(stdout) as [Inspected]
  const {
    Config: config,
    GraphDriver: { Data: data },
  } = inspected
  const image: Image = {
    id: inspected.Id,
    digest: inspected.Digest,
    layers: [data.UpperDir, ...(data.LowerDir?.split(":") ?? [])].reverse(),
    diffIds: inspected.RootFS.Layers,
    config: {
      user: config.User ?? "",
      workdir: config.WorkingDir ?? "",
      env: (config.Env ?? []).map(line => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
      entrypoint: config.Entrypoint ?? [],
      args: config.Cmd ?? [],
      labels: config.Labels ?? {},
      ports: Object.keys(config.ExposedPorts ?? {}).map(text => {
        const [port = "", protocol = "tcp"] = text.split("/")
        return { port: Number(port), protocol: protocol === "udp" ? "UDP" : "TCP", skipHealthcheck: false }
      }),
    },
  }
  known.set(image.id, image)
  return image
}

export const imageById = async (id: string): Promise<Image> => {
  const image = await findImage(id)
  if (!image) throw new Error(`image ${id} has disappeared from the storage`)
  return image
}

/** Pulls or makes what is missing. A tag of a local registry is looked up each time: it moves with every push. `at`: the registry's address, spoken to in plain HTTP. */
export const getImage = async (address: string, authFile?: string, at?: string): Promise<Image> => {
  const asked = fullName(address),
    name = at ? asked.replace(/^[^/]+/, at) : asked,
    isLocal = /^(localhost|127\.0\.0\.1):/.test(name)
  const pull = (...flags: string[]) =>
    podman(["pull", "--quiet", ...flags, ...(at || isLocal ? ["--tls-verify=false"] : []), name])
  try {
    if (authFile) await pull("--authfile", authFile)
    else if (at || (isLocal && !name.includes("@"))) await pull()
    else await ensureImage(name)
  } catch (error) {
    throw new GraphQLError(`failed to resolve image "${name}": ${(error as Error).message}`)
  }
  return imageById(name)
}
