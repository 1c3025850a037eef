import { Directory, Secret } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { CloudNativeError, messageOf } from "../errors.js"
import type { Manifest } from "../manifests/parse.js"
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

/** What is to be deployed but for the images, once every argument has been read. */
export interface Plan {
  config: Config
  manifests: Manifest[]
  /** The applications' secrets; unset: they are in the namespace already. */
  secrets?: Record<string, string>
  publicUrl: string
  /** Whether to prove the config's handshake, which writes. */
  handshake: boolean
  /** Seconds for the migrations, and again for the rollout. */
  timeout: number
}

/** Read every argument, so that a mistake in one is found before anything is built or changed. */
export async function planOf(source: Directory, config: Config, options: DeployOptions = {}): Promise<Plan> {
  return {
    config,
    manifests: await manifestsOf(options.manifests ?? source.directory("k8s")),
    secrets: options.secrets && parseDotenv(await plaintextOf(options.secrets, "--secrets")),
    publicUrl: options.publicUrl ?? config.publicUrl,
    handshake: options.handshake ?? false,
    timeout: parseDuration(options.timeout ?? "10m"),
  }
}

/** A secret's value; what keeps it from being read (a file that is not there) is the user's to mend. */
export async function plaintextOf(secret: Secret, argument: string): Promise<string> {
  try {
    return await secret.plaintext()
  } catch (error) {
    throw new CloudNativeError({
      code: "SECRETS_INVALID",
      blame: "user",
      what: `${argument} cannot be read`,
      why: messageOf(error),
      fix: `pass ${argument}=file:PATH, env:NAME or cmd:COMMAND of something that is there`,
      cause: error,
    })
  }
}
