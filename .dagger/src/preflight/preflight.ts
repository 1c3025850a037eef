import type { Config } from "../config/schema.js"
import { assertNamespace, reach, type Reached, type Target } from "../kubernetes/connect.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import type { Crd } from "../manifests/crds.js"
import type { KubernetesObject, Release } from "../manifests/render.js"
import type { PushedImages } from "../push/publish.js"
import type { RegistryAccess } from "../registry/access.js"
import { isLoopback } from "../registry/reference.js"
import { type ReleaseInputs, renderRelease } from "../release/inputs.js"
import { together } from "../util/collect-errors.js"
import { assertAccepted } from "./admission.js"
import { assertArchitecture } from "./architecture.js"
import { strayAddresses } from "./browser-addresses.js"
import { assertCreatable } from "./crds.js"
import { assertLasting } from "./credentials.js"
import { architecturesOf } from "./image-platforms.js"
import { assertKnown, kindsOf } from "./kinds.js"
import { assertMonitorAdmitted } from "./monitor-pod.js"
import { warnOfPolicies } from "./network-policies.js"
import { assertAuthorities, assertOutside } from "./outside.js"
import { assertOwnership } from "./ownership.js"
import { assertPermitted, rulesFor } from "./permissions.js"
import { assertPullSecrets } from "./pull-secrets.js"
import { assertReferences } from "./references.js"

/** What is to be deployed, and where to: nothing that could be known beforehand stands in the way. */
export interface Ready {
  kubectl: Kubectl
  inputs: ReleaseInputs
}

/**
 * Look for all that would stop a deployment, before anything is built or changed: throws one error with every problem.
 * `images`: by name or digest; they need not have been pushed yet. `access`: to the registry of those that have been. `timeout`: of the deployment that follows.
 * `takeOver`: objects and fields of others are to be taken over, and refused by nothing.
 */
export async function preflight(
  target: Target,
  config: Config,
  read: Promise<ReleaseInputs>,
  images: PushedImages,
  { access = {}, timeout, takeOver = false }: { access?: RegistryAccess; timeout?: string; takeOver?: boolean } = {},
): Promise<Ready> {
  const reached = reach(target, config)
  const rendered = read.then(inputs => {
    const release = renderRelease(inputs, images, target.namespace ?? config.namespace)
    return { inputs, release, objects: objectsOf(release) }
  })
  const prepared = Promise.all([reached, rendered])
  const [{ kubectl }, { inputs }] = await together(
    () => reached,
    () => rendered,
    () => reached.then(({ kubectl }) => assertNamespace(kubectl)),
    // Once the inputs have been read, the time-out is known to be one.
    () => prepared.then(([cluster]) => timeout && assertLasting(cluster, timeout, Date.now())),
    () =>
      reached.then(cluster =>
        assertKinds(
          cluster,
          rendered.then(
            ({ objects, inputs: { crds } }) => ({ objects, crds }),
            () => ({ objects: [], crds: [] }),
          ),
        ),
      ),
    () => prepared.then(([{ kubectl }, { release }]) => assertAccepted(kubectl, release, takeOver)),
    () => prepared.then(([{ kubectl }, { inputs }]) => assertReferences(kubectl, inputs)),
    () =>
      prepared.then(([{ kubectl }, { objects }]) =>
        takeOver ? undefined : assertOwnership(kubectl, config.name, objects),
      ),
    () => reached.then(({ kubectl }) => assertMonitorAdmitted(kubectl, config)),
    () => prepared.then(([{ kubectl }, { objects }]) => warnOfPolicies(kubectl, config, objects)),
    () => rendered.then(({ inputs }) => assertOutside(config, inputs.publicUrl)),
    () => reached.then(({ kubectl }) => assertAuthorities(kubectl, config)),
    () => prepared.then(([{ kubectl }, { objects }]) => assertPullSecrets(kubectl, objects)),
    () =>
      prepared.then(async ([{ kubectl }, { objects }]) =>
        assertArchitecture(kubectl, objects, await architecturesOf(Object.values(images), config, access)),
      ),
    // The build that follows takes minutes, in which nothing is read.
  ).finally(() =>
    reached.then(
      ({ kubectl }) => kubectl.close(),
      () => undefined,
    ),
  )
  // That works through a port-forward only, and is the default.
  const isLocal = isLoopback(new URL(inputs.publicUrl).host)
  if (isLocal)
    console.log(
      `preflight: warning: users are to open ${inputs.publicUrl}, which is each one's own machine; set another with --public-url`,
    )
  for (const stray of strayAddresses(inputs.config, inputs.publicUrl, inputs.manifests))
    console.log(`preflight: warning: ${stray}`)
  return { kubectl, inputs }
}

/** Throw unless the cluster knows every kind, and the caller may do with it, and with what the module needs itself, all that a deployment does. */
async function assertKinds(
  cluster: Reached,
  wanted: Promise<{ objects: KubernetesObject[]; crds: Crd[] }>,
): Promise<void> {
  const { objects, crds } = await wanted
  const kinds = await kindsOf(cluster.kubectl, objects, crds)
  await together(
    () => assertCreatable(cluster, kinds.missing),
    () => assertKnown(kinds),
    () => assertPermitted(cluster, rulesFor(kinds.resources)),
  )
}

function objectsOf({ config, secrets, migrations, objects }: Release): KubernetesObject[] {
  return [...config, ...secrets, ...migrations, ...objects]
}
