import { Directory, func, object, Secret, Service } from "@dagger.io/dagger"

import type { Config } from "./config/schema.js"
import { assertKubeconfig } from "./deploy/arguments.js"
import { diffRelease } from "./deploy/diff.js"
import { deployToEphemeralCluster } from "./deploy/ephemeral.js"
import { planOf } from "./deploy/plan.js"
import { preflight } from "./deploy/preflight.js"
import { deployToCluster, renderPlan } from "./deploy/release.js"
import { formatTable } from "./verify/table.js"

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

  constructor(source: Directory, settings: string, backendRef: string, frontendRef: string) {
    this.source = source
    this.settings = settings
    this.backendRef = backendRef
    this.frontendRef = frontendRef
  }

  /**
   * Deploy these images; answers with the deployment's summary.
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
   * @param handshake Prove the config's handshake after the rollout; it writes to the application. Always done on an ephemeral cluster.
   * @param keepFailed Leave a first deployment that fails as it is, to look at it, instead of removing it.
   * @param timeout Longest wait for the migrations, and again for the rollout, for example 90s, 10m or 1h.
   */
  @func({ cache: "never" })
  async deploy(
    kubeconfig?: Secret, context?: string, namespace?: string, apiServer?: Service,
    manifests?: Directory, overlay?: string, secrets?: Secret, publicUrl?: string, handshake: boolean = false, keepFailed: boolean = false,
    timeout: string = "10m",
  ): Promise<string> {
    assertKubeconfig({ kubeconfig, context, namespace, apiServer })
    const config = JSON.parse(this.settings) as Config
    const images = { backend: this.backendRef, frontend: this.frontendRef }
    const plan = await planOf(this.source, config, { manifests, overlay, secrets, publicUrl, handshake, keepFailed, timeout })
    if (!kubeconfig) return deployToEphemeralCluster(plan, images)
    return deployToCluster(await preflight({ kubeconfig, context, namespace, apiServer }, plan), plan, images)
  }

  /**
   * Show what a deployment of these images would change, object by object: validated on the server, nothing is changed,
   * values of Secrets are hidden.
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
    kubeconfig: Secret, context?: string, namespace?: string, apiServer?: Service,
    manifests?: Directory, overlay?: string, secrets?: Secret, publicUrl?: string,
  ): Promise<string> {
    const config = JSON.parse(this.settings) as Config
    const plan = await planOf(this.source, config, { manifests, overlay, secrets, publicUrl })
    const kubectl = await preflight({ kubeconfig, context, namespace, apiServer }, plan)
    return diffRelease(kubectl, renderPlan(plan, { backend: this.backendRef, frontend: this.frontendRef }, kubectl.namespace))
  }

  /** The references by digest, as a table. */
  @func()
  summary(): string {
    return formatTable(["IMAGE", "REFERENCE"], [["backend", this.backendRef], ["frontend", this.frontendRef]])
  }
}
