import { Directory, func, object, Secret, Service } from "@dagger.io/dagger"

import { decodeConfig } from "./config/codec.js"
import { deployToCluster } from "./deploy/deploy.js"
import { diffRelease } from "./deploy/diff.js"
import type { RolloutOptions } from "./deploy/task.js"
import { completeForEphemeral, deployToEphemeralCluster } from "./ephemeral/deploy.js"
import type { Kubectl } from "./kubernetes/kubectl.js"
import { preflight } from "./preflight/preflight.js"
import { assertTrusted } from "./push/policy.js"
import type { PushedImages } from "./push/publish.js"
import type { RegistryAccess } from "./registry/access.js"
import { parseReference } from "./registry/reference.js"
import { assertKubeconfig, loginOf } from "./release/arguments.js"
import { readInputs, type ReleaseInputs, renderRelease } from "./release/inputs.js"
import { formatTable } from "./util/format.js"
import { parseDuration } from "./util/time.js"

/** Both images in a registry, referred to by digest: the only thing that can be deployed. */
@object()
export class Pushed {
  /** The backend's image by digest. */
  @func()
  backendRef: string

  /** The frontend's image by digest. */
  @func()
  frontendRef: string

  private source: Directory
  private settings: string
  private username?: string
  private password?: Secret
  private registryService?: Service
  private attached: string

  constructor(
    source: Directory,
    settings: string,
    backendRef: string,
    frontendRef: string,
    attached: string,
    username?: string,
    password?: Secret,
    registryService?: Service,
  ) {
    this.source = source
    this.settings = settings
    this.backendRef = backendRef
    this.frontendRef = frontendRef
    this.attached = attached
    this.username = username
    this.password = password
    this.registryService = registryService
  }

  /**
   * Deploy these images; answers with the deployment's summary. Where the config's policy has a public key, their signatures
   * are verified first; what it does not let run is refused before anything is applied.
   *
   * Secrets and configuration first, then the migrations, to completion, then the applications, until every pod
   * is of this release and ready; all the while the monitor sends requests as users do. What fails is rolled back.
   * Without a kubeconfig, a cluster is brought up for this call.
   *
   * @param kubeconfig Access to the cluster, for example file:$HOME/.kube/config. Default: an ephemeral cluster.
   * @param context Context of the kubeconfig. Default: its current one. Only with a kubeconfig.
   * @param namespace Namespace to deploy to; it must exist. Default: that of the config. Only with a kubeconfig.
   * @param apiServer The API server, where the kubeconfig's own address does not lead there from a container, for example tcp://127.0.0.1:6443.
   * @param manifests Folder of Kubernetes manifests. Default: that of the config, k8s/ of the source.
   * @param overlay Folder inside the manifests whose kustomization is deployed, for example overlays/production. Default: the manifests themselves.
   * @param secrets The applications' secrets as one dotenv file, for example file:prod.env. Default: the Secret is in the namespace already.
   * @param publicUrl Address the users open, for example https://shop.example.com. Default: that of the config.
   * @param createPullSecret Let the nodes pull with the --username and --password that the images were pushed or released with, kept as a Secret of the release; they have to be good for as long as it runs.
   * @param handshake Prove the config's handshake after the rollout; it writes to the application. Always done on an ephemeral cluster.
   * @param keepFailed Leave a first deployment that fails as it is, to look at it, instead of removing it.
   * @param timeout Longest wait for the migrations, and again for the rollout, for example 90s, 10m or 1h.
   */
  @func({ cache: "never" })
  async deploy(
    kubeconfig?: Secret,
    context?: string,
    namespace?: string,
    apiServer?: Service,
    manifests?: Directory,
    overlay?: string,
    secrets?: Secret,
    publicUrl?: string,
    createPullSecret: boolean = false,
    handshake: boolean = false,
    keepFailed: boolean = false,
    timeout: string = "10m",
  ): Promise<string> {
    assertKubeconfig({ kubeconfig, context, namespace, apiServer })
    const options = { handshake, keepFailed, timeout: parseDuration(timeout) }
    const config = decodeConfig(this.settings)
    const registryLogin = createPullSecret
      ? await loginOf(parseReference(this.backendRef).host, this.username, this.password)
      : undefined
    const read = readInputs(this.source, config, { manifests, overlay, secrets, registryLogin, publicUrl })
    if (!kubeconfig)
      return this.bring(
        await completeForEphemeral(read, { host: parseReference(this.backendRef).host, access: this.access() }),
        options,
      )
    const { kubectl, inputs } = await preflight(
      { kubeconfig, context, namespace, apiServer },
      config,
      read,
      this.images(),
      this.access(),
    )
    return this.bring(inputs, options, kubectl)
  }

  /**
   * Show what a deployment of these images would change or delete, object by object: validated on the server, nothing is
   * changed, values of Secrets are hidden.
   *
   * @param kubeconfig Access to the cluster, for example file:$HOME/.kube/config.
   * @param context Context of the kubeconfig. Default: its current one.
   * @param namespace Namespace to deploy to; it must exist. Default: that of the config.
   * @param apiServer The API server, where the kubeconfig's own address does not lead there from a container, for example tcp://127.0.0.1:6443.
   * @param manifests Folder of Kubernetes manifests. Default: that of the config, k8s/ of the source.
   * @param overlay Folder inside the manifests whose kustomization is deployed, for example overlays/production. Default: the manifests themselves.
   * @param secrets The applications' secrets as one dotenv file, for example file:prod.env. Default: the Secret is in the namespace already.
   * @param publicUrl Address the users open, for example https://shop.example.com. Default: that of the config.
   */
  @func({ cache: "never" })
  async plan(
    kubeconfig: Secret,
    context?: string,
    namespace?: string,
    apiServer?: Service,
    manifests?: Directory,
    overlay?: string,
    secrets?: Secret,
    publicUrl?: string,
  ): Promise<string> {
    const config = decodeConfig(this.settings)
    const read = readInputs(this.source, config, { manifests, overlay, secrets, publicUrl })
    const { kubectl, inputs } = await preflight(
      { kubeconfig, context, namespace, apiServer },
      config,
      read,
      this.images(),
      this.access(),
    )
    return diffRelease(kubectl, config.name, renderRelease(inputs, this.images(), kubectl.namespace))
  }

  /** The references by digest, as a table, and what is attached to them. */
  @func()
  summary(): string {
    return [formatTable(["IMAGE", "REFERENCE"], Object.entries(this.images())), this.attached]
      .filter(Boolean)
      .join("\n\n")
  }

  /** Bring what the policy lets run onto a cluster that has been looked at, or onto an ephemeral one. */
  async bring(inputs: ReleaseInputs, options: RolloutOptions, kubectl?: Kubectl): Promise<string> {
    const images = this.images()
    const trusted = await assertTrusted(this.source, inputs.config, images, this.access())
    const deployed = kubectl
      ? await deployToCluster(kubectl, inputs, options, images)
      : await deployToEphemeralCluster(inputs, options, images, this.registryService)
    return [this.attached, trusted, deployed].filter(Boolean).join("\n\n")
  }

  private access(): RegistryAccess {
    return { username: this.username, password: this.password, service: this.registryService }
  }

  private images(): PushedImages {
    return { backend: this.backendRef, frontend: this.frontendRef }
  }
}
