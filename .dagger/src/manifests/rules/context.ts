import { appOf } from "../images.js"
import type { Manifest, Path } from "../manifest.js"
import { type Pods, podsOf } from "../pods.js"
import type { Problem } from "../problem.js"
import { isSelected, type Served, serviceNamed } from "../services.js"
import { type Container, type Deployment, isKind } from "../shapes.js"

/** Where an application answers, as the configuration says; without a port it answers nothing. */
export interface App extends Partial<Served> {
  service: string
  health: string
  strategy?: "rolling" | "blue-green"
}

/** What a rule looks at. */
export interface Context {
  manifests: Manifest[]
  /** By image placeholder. */
  apps: Record<string, App>
}

export type Rule = (context: Context) => Iterable<Problem>

export interface AppContainer {
  manifest: Manifest
  container: Container
  path: Path
  app: App & Served
}

export interface AppDeployment {
  manifest: Manifest
  object: Deployment
  pods: Pods
}

/** The Deployments that run an application of this repository. */
export function appDeployments({ manifests, apps }: Context): AppDeployment[] {
  return manifests.flatMap(manifest => {
    const { object } = manifest
    const ours = isKind(object, "Deployment") && appOf(object, Object.keys(apps))
    return ours ? [{ manifest, object, pods: podsOf(object)! }] : []
  })
}

/** Those of them that answer requests. */
export function servingDeployments(context: Context): AppDeployment[] {
  return appDeployments(context).filter(({ object, pods }) =>
    pods.template.spec.containers.some(({ image }) => isServing(object, context.apps[image], context)),
  )
}

/** The containers that answer requests: those of a Deployment that run the image of an application. */
export function appContainers(context: Context): AppContainer[] {
  return appDeployments(context).flatMap(({ manifest, object, pods }) =>
    pods.template.spec.containers.flatMap((container, index) => {
      const app = context.apps[container.image]
      if (!isServing(object, app, context)) return []
      return [{ manifest, container, path: [...pods.path, "spec", "containers", index], app }]
    }),
  )
}

/**
 * Whether an object answers requests of an application that it runs. A worker may run the same image: no Service selects
 * it, and the application's own selects others.
 */
function isServing(object: Deployment, app: App | undefined, { manifests }: Context): app is App & Served {
  if (app?.port === undefined) return false
  const objects = manifests.map(({ object }) => object)
  const own = serviceNamed(objects, app.service)
  const isElsewhere = own !== undefined && objects.some(other => isSelected(own, other))
  return !isElsewhere || objects.some(service => isKind(service, "Service") && isSelected(service, object))
}
