import { appOf } from "../images.js"
import type { Manifest, Path } from "../manifest.js"
import { type Pods, podsOf } from "../pods.js"
import type { Problem } from "../problem.js"
import type { Served } from "../services.js"
import { type Container, type Deployment, isKind } from "../shapes.js"

/** Where an application answers, as the configuration says. */
export interface App extends Served {
  health: string
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
  app: App
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

/** The containers that serve: those of a Deployment that run the image of an application. */
export function appContainers(context: Context): AppContainer[] {
  return appDeployments(context).flatMap(({ manifest, pods }) =>
    pods.template.spec.containers.flatMap((container, index) => {
      const app = context.apps[container.image]
      return app ? [{ manifest, container, path: [...pods.path, "spec", "containers", index], app }] : []
    }),
  )
}
