import { Container, Directory, func, object, Secret, Service } from "@dagger.io/dagger"

import { assertApplication, byApplication } from "./config/applications.js"
import { decodeConfig } from "./config/codec.js"
import { deployToCluster } from "./deploy/deploy.js"
import { diffRelease } from "./deploy/diff.js"
import { placeRelease } from "./deploy/slots.js"
import type { RolloutOptions } from "./deploy/task.js"
import { Deployment } from "./deployment.js"
import { completeForEphemeral, deployToEphemeralCluster } from "./ephemeral/deploy.js"
import { closing, type Kubectl } from "./kubernetes/kubectl.js"
import { preflight } from "./preflight/preflight.js"
import { assertTrusted } from "./push/policy.js"
import { hostOf, type PushedImages } from "./push/publish.js"
import { accessOnlyTo } from "./registry/access.js"
import { assertKubeconfig, loginOf } from "./release/arguments.js"
import { readInputs, type ReleaseInputs, renderRelease } from "./release/inputs.js"
import { accessOf, inputsOf, type Settings, targetOf, withSettings } from "./settings.js"
import { formatTable } from "./util/format.js"
import { parseDuration } from "./util/time.js"
import { decodeBuild } from "./verify/image/next-build.js"

/** The images in a registry, referred to by digest: the only thing that can be deployed. */
@object()
export class Pushed implements Settings {
  source!: Directory
  registry?: string
  username?: string
  password?: Secret
  registryService?: Service
  signingKey?: Secret
  signingPassword?: Secret
  scanner?: Container
  kubeconfig?: Secret
  context?: string
  namespace?: string
  apiServer?: Service
  manifests?: Directory
  overlay?: string
  secrets?: Secret
  buildSecrets?: Secret
  createPullSecret!: boolean
  publicUrl?: string
  timeout!: string

  private config: string
  /** In the order of the applications. */
  private references: string[]
  private attached: string
  private frontendBuild?: string

  constructor(config: string, references: string[], attached: string, frontendBuild?: string) {
    this.config = config
    this.references = references
    this.attached = attached
    this.frontendBuild = frontendBuild
  }

  /** The image of the backend, by digest. */
  @func()
  backendRef(): string {
    return this.applicationRef("backend")
  }

  /** The image of the frontend, by digest. */
  @func()
  frontendRef(): string {
    return this.applicationRef("frontend")
  }

  /**
   * The image of one application, by digest.
   *
   * @param name Name of the application: backend, frontend, or a key of applications in cloud-native.yaml.
   */
  @func()
  applicationRef(name: string): string {
    assertApplication(name, decodeConfig(this.config))
    return this.images()[name]!
  }

  /**
   * Deploy these images; returns the summary of the deployment.
   *
   * If the policy of the configuration has a public key, verifies their signatures first; images that the policy does not
   * allow are refused before anything is applied.
   *
   * Applies Secrets and configuration, runs the migrations to completion, then rolls out the applications until every pod is
   * of this release and ready. A monitor sends requests as users do all the while. A failed deployment is rolled back.
   * Without a kubeconfig, deploys to an ephemeral cluster.
   *
   * @param handshake Prove the configuration's handshake after the rollout; it writes to the application. Always done on an ephemeral cluster.
   * @param keepFailed Keep a first deployment that fails, for inspection, instead of removing it.
   * @param force Go through every phase even if nothing changes. Default: a release that was deployed last, is as it would be applied, and runs, is reported as unchanged.
   * @param takeOver Take over objects that belong to a Helm release or to another name of cloud-native.yaml, and remove the fields that others (Helm, kubectl, an operator) have set and that the manifests do not have, as plan lists them; a rollback does not restore them. Default: such objects are refused, such fields stay.
   * @param allowBreakingMigration Let migrations pass that break the running release, or fail, when they are tried in containers; a downtime is to be expected. Default: such a release is refused, and nothing is changed.
   */
  @func({ cache: "never" })
  async deploy(
    handshake: boolean = false,
    keepFailed: boolean = false,
    force: boolean = false,
    takeOver: boolean = false,
    allowBreakingMigration: boolean = false,
  ): Promise<string> {
    assertKubeconfig(this)
    const config = decodeConfig(this.config)
    const access = await accessOf(this)
    const registryLogin = this.createPullSecret
      ? await loginOf(hostOf(this.images()), access.username, access.password)
      : undefined
    const read = readInputs(this.source, config, { ...inputsOf(this, config), registryLogin })
    const { inputs, kubectl } = this.kubeconfig
      ? await preflight(targetOf(this), config, read, this.images(), { access, timeout: this.timeout, takeOver })
      : {
          inputs: await completeForEphemeral(read, { host: hostOf(this.images()), access }),
          kubectl: undefined,
        }
    const timeout = parseDuration(this.timeout)
    const options = { handshake, keepFailed, force, takeOver, allowBreakingMigration, timeout }
    return this.bring(inputs, options, kubectl)
  }

  /**
   * Deploy these images as deploy does, for a chain that goes on: with the report, the address and the images of the deployment.
   *
   * @param handshake Prove the configuration's handshake after the rollout; it writes to the application. Always done on an ephemeral cluster.
   * @param keepFailed Keep a first deployment that fails, for inspection, instead of removing it.
   */
  @func({ cache: "never" })
  async deployment(handshake: boolean = false, keepFailed: boolean = false): Promise<Deployment> {
    const began = new Date().toISOString()
    const summary = await this.deploy(handshake, keepFailed)
    const url = this.publicUrl ?? decodeConfig(this.config).publicUrl
    return withSettings(new Deployment(this.config, this.references, url, summary, began), this)
  }

  /**
   * Show what a deployment of these images would change or delete, object by object.
   *
   * Validated by the API server; nothing is changed, values of Secrets are hidden. Requires a kubeconfig.
   */
  @func({ cache: "never" })
  async plan(): Promise<string> {
    const target = targetOf(this)
    const config = decodeConfig(this.config)
    const access = await accessOf(this)
    const read = readInputs(this.source, config, inputsOf(this, config))
    const { kubectl, inputs } = await preflight(target, config, read, this.images(), {
      access,
      // It shows what is others', and changes nothing.
      takeOver: true,
    })
    const release = renderRelease(inputs, this.images(), kubectl.namespace)
    return closing(kubectl, async () =>
      diffRelease(kubectl, config.name, await placeRelease(kubectl, config, release), inputs.crds),
    )
  }

  /** The references by digest, and what is attached to the images, as a table. */
  @func()
  summary(): string {
    return [formatTable(["IMAGE", "REFERENCE"], Object.entries(this.images())), this.attached]
      .filter(Boolean)
      .join("\n\n")
  }

  /** Deploy what the policy allows to a cluster that has passed the preflight, or to an ephemeral one. */
  async bring(inputs: ReleaseInputs, options: RolloutOptions, kubectl?: Kubectl): Promise<string> {
    const images = this.images()
    const access = await accessOf(this)
    const trusted = await assertTrusted(this.source, inputs.config, images, access)
    const deployed = kubectl
      ? await deployToCluster(kubectl, inputs, options, images, {
          frontendBuild: decodeBuild(this.frontendBuild),
          accessTo: accessOnlyTo(hostOf(images), access),
        })
      : await deployToEphemeralCluster(inputs, options, images, this.registryService)
    return [this.attached, trusted, deployed].filter(Boolean).join("\n\n")
  }

  private images(): PushedImages {
    return byApplication(decodeConfig(this.config), this.references)
  }
}
