import { Directory, Secret } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import type { Manifest } from "../manifests/parse.js"
import type { PushedImages } from "../push/publish.js"
import { parseDotenv } from "../secrets/dotenv.js"
import { parseDuration } from "./duration.js"
import { manifestsOf } from "./manifests.js"

/** The arguments of a deployment, as the user gives them. */
export interface DeployOptions {
  manifests?: Directory
  secrets?: Secret
  publicUrl?: string
  handshake?: boolean
  timeout?: string
}

/** What is deployed, once every argument has been read. */
export interface Plan {
  config: Config
  images: PushedImages
  manifests: Manifest[]
  /** The applications' secrets; unset: they are in the namespace already. */
  secrets?: Record<string, string>
  publicUrl: string
  /** Whether to prove the config's handshake, which writes. */
  handshake: boolean
  /** Seconds for the migrations, and again for the rollout. */
  timeout: number
}

/** Read every argument, so that a mistake in one is found before anything changes. */
export async function planOf(source: Directory, config: Config, images: PushedImages, options: DeployOptions): Promise<Plan> {
  return {
    config,
    images,
    manifests: await manifestsOf(options.manifests ?? source.directory("k8s")),
    secrets: options.secrets && parseDotenv(await options.secrets.plaintext()),
    publicUrl: options.publicUrl ?? config.publicUrl,
    handshake: options.handshake ?? false,
    timeout: parseDuration(options.timeout ?? "10m"),
  }
}
