import { Directory, Secret } from "@dagger.io/dagger"

import { applicationsOf } from "../config/applications.js"
import { type Config, originOf } from "../config/schema.js"
import { assertDeployable } from "../manifests/check.js"
import type { Crd } from "../manifests/crds.js"
import type { Capabilities } from "../manifests/helm.js"
import { manifestsOf } from "../manifests/load.js"
import type { Manifest } from "../manifests/parse.js"
import { type Release, render } from "../manifests/render.js"
import type { RegistryLogin } from "../registry/login.js"
import { together } from "../util/collect-errors.js"
import { parseDotenv } from "../util/dotenv.js"
import { CloudNativeError } from "../util/errors.js"
import { Redactor } from "../util/redact.js"
import { plaintextOf } from "../util/secret.js"
import { parseDuration } from "../util/time.js"

/** What a release is made of, as the user gives it. */
export interface InputArguments {
  manifests?: Directory
  overlay?: string
  namespace?: string
  /** What the cluster has, for the templates of charts; unset: there is no cluster yet. */
  capabilities?: () => Promise<Capabilities | undefined>
  secrets?: Secret
  registryLogin?: RegistryLogin
  publicUrl?: string
  /** Checked along with the rest, so that one error names every mistake. */
  timeout?: string
}

/** What a release is rendered from, except for the images, once every argument has been read. */
export interface ReleaseInputs {
  config: Config
  manifests: Manifest[]
  /** What charts have in crds/: created where the cluster lacks it. */
  crds: Crd[]
  /** The applications' secrets; unset: they are in the namespace already. */
  secrets?: Record<string, string>
  /** What the nodes pull with; unset: they can pull already. */
  registryLogin?: RegistryLogin
  publicUrl: string
}

/**
 * Read every argument, so that the mistakes in them are found before anything is built or changed. Empty secrets, or an empty
 * public URL, are what a workflow passes on of a setting that is not set: they count as not given.
 */
export async function readInputs(
  source: Directory,
  config: Config,
  given: InputArguments = {},
): Promise<ReleaseInputs> {
  const [secrets, { manifests, crds }, publicUrl] = await together(
    async () => {
      const dotenv = given.secrets && (await plaintextOf(given.secrets, "--secrets"))
      return dotenv ? parseDotenv(dotenv) : undefined
    },
    async () => {
      const hasCharts = config.charts.length > 0
      const capabilities = hasCharts ? await given.capabilities?.() : undefined
      const place = { namespace: given.namespace ?? config.namespace, capabilities }
      const loaded = await manifestsOf(source, config, { ...given, place })
      assertDeployable(loaded.manifests, applicationsOf(config))
      return loaded
    },
    () => readOrigin(given.publicUrl || config.publicUrl),
    () => given.timeout && parseDuration(given.timeout),
  )
  return { config, manifests, crds, secrets, registryLogin: given.registryLogin, publicUrl }
}

/** Tokens are issued for this address, to the letter, and browsers send it in small letters without a default port. */
function readOrigin(publicUrl: string): string {
  const origin = originOf(publicUrl)
  if (origin) return origin
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `--public-url=${publicUrl} is not the address of an application`,
    why: "expected http:// or https:// and a host, without a path",
    fix: "write for example --public-url=https://shop.example.com",
  })
}

export function renderRelease(
  { config, manifests, publicUrl, secrets, registryLogin }: ReleaseInputs,
  images: Record<string, string>,
  namespace: string,
  restartedAt?: string,
): Release {
  const { name, secretName, monitor } = config
  const isMonitored = monitor.secrets.length > 0
  const given = { publicUrl, secrets, registryLogin, restartedAt }
  return render(manifests, { name, secretName, isMonitored, namespace, images, ...given })
}

/** Hides what a deployment was given; the Secret made of it is named by its content. */
export function redactorOf({ secrets, registryLogin, config, manifests }: ReleaseInputs): Redactor {
  const values = [...Object.values(secrets ?? {}), ...(registryLogin ? [registryLogin.password] : [])]
  const names = [config.name, config.namespace, ...manifests.map(({ object }) => object.metadata.name)]
  return new Redactor(values, secrets && `${config.secretName}-`, names)
}
