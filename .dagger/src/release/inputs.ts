import { Directory, Secret } from "@dagger.io/dagger"

import { type Config, isOrigin } from "../config/schema.js"
import { assertDeployable } from "../manifests/check.js"
import { manifestsIn, manifestsOf } from "../manifests/load.js"
import type { Manifest } from "../manifests/parse.js"
import type { RegistryLogin } from "../manifests/pull-secret.js"
import { type Release, render } from "../manifests/render.js"
import { together } from "../util/collect-errors.js"
import { parseDotenv } from "../util/dotenv.js"
import { CloudNativeError } from "../util/errors.js"
import { Redactor } from "../util/redact.js"
import { plaintextOf } from "../util/secret.js"
import { parseDuration } from "../util/time.js"

/** The arguments of a deployment, as the user gives them. */
export interface DeployOptions {
  manifests?: Directory
  overlay?: string
  secrets?: Secret
  registryLogin?: RegistryLogin
  publicUrl?: string
  handshake?: boolean
  keepFailed?: boolean
  timeout?: string
}

/** What is to be deployed but for the images, once every argument has been read. */
export interface Plan {
  config: Config
  manifests: Manifest[]
  /** The applications' secrets; unset: they are in the namespace already. */
  secrets?: Record<string, string>
  /** What the nodes pull with; unset: they can pull already. */
  registryLogin?: RegistryLogin
  publicUrl: string
  /** Whether to prove the config's handshake, which writes. */
  handshake: boolean
  /** Whether a first deployment that fails stays as it is, to be looked at. */
  keepFailed: boolean
  /** Seconds for the migrations, and again for the rollout. */
  timeout: number
}

/**
 * Read every argument, so that the mistakes in them are found before anything is built or changed. Empty secrets, or an empty
 * public URL, are what a workflow passes on of a setting that is not set: they count as not given.
 */
export async function planOf(source: Directory, config: Config, options: DeployOptions = {}): Promise<Plan> {
  const [secrets, manifests, publicUrl, timeout] = await together(
    async () => {
      const dotenv = options.secrets && (await plaintextOf(options.secrets, "--secrets"))
      return dotenv ? parseDotenv(dotenv) : undefined
    },
    async () => {
      const folder = options.manifests ?? (await manifestsIn(source, config))
      const manifests = await manifestsOf(folder, config, options.overlay)
      assertDeployable(manifests, config)
      return manifests
    },
    () => assertOrigin(options.publicUrl || config.publicUrl),
    () => parseDuration(options.timeout ?? "10m"),
  )
  const { registryLogin, handshake = false, keepFailed = false } = options
  return { config, manifests, secrets, registryLogin, publicUrl, handshake, keepFailed, timeout }
}

/** Tokens are issued for this address, to the letter: with a path or a slash at its end, every one would be refused. */
function assertOrigin(publicUrl: string): string {
  if (isOrigin(publicUrl)) return publicUrl
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `--public-url=${publicUrl} is not the address of an application`,
    why: "expected http:// or https:// and a host, without a path or a slash at the end",
    fix: "write for example --public-url=https://shop.example.com",
  })
}

export function renderPlan(
  plan: Plan,
  images: { backend: string; frontend: string },
  namespace: string,
  restartedAt?: string,
): Release {
  const { name, secretName } = plan.config
  const { publicUrl, secrets, registryLogin } = plan
  return render(plan.manifests, { name, secretName, namespace, images, publicUrl, secrets, registryLogin, restartedAt })
}

/** Takes out of a text what a deployment was given; its own Secret is called by its content. */
export function redactorOf({ secrets, registryLogin, config }: Plan): Redactor {
  const values = [...Object.values(secrets ?? {}), ...(registryLogin ? [registryLogin.password] : [])]
  return new Redactor(values, secrets && `${config.secretName}-`)
}
