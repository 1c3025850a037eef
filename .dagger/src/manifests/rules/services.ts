import { describe, type Manifest } from "../manifest.js"
import { type Problem, problemAt } from "../problem.js"
import { backingOf, isSelected, serviceNamed, servicePortOf, targetOf } from "../services.js"
import { isKind, type KubernetesObject, type Service } from "../shapes.js"
import type { Context } from "./context.js"

/** A Service without a selector has its endpoints from elsewhere. */
function servicesOf(manifests: Manifest[]): { manifest: Manifest; service: Service }[] {
  return manifests.flatMap(manifest =>
    isKind(manifest.object, "Service") && manifest.object.spec.selector ? [{ manifest, service: manifest.object }] : [],
  )
}

function selectsNothing(service: Service, objects: KubernetesObject[]): boolean {
  return service.spec.selector !== undefined && !objects.some(object => isSelected(service, object))
}

export function* serviceWithoutPods({ manifests }: Context): Generator<Problem> {
  for (const { manifest, service } of servicesOf(manifests))
    for (const [index, port] of (service.spec.ports ?? []).entries()) {
      const backing = backingOf(service, port, manifests)
      if (backing === "unselected")
        yield problemAt(manifest, ["spec", "selector"], {
          code: "SERVICE_SELECTS_NOTHING",
          what: `${describe(service)} selects no pods of the manifests`,
          fix: "let spec.selector hold labels of the pod template that is meant",
        })
      if (backing === "not listening")
        yield problemAt(manifest, ["spec", "ports", index, "targetPort"], {
          code: "SERVICE_PORT_CLOSED",
          what: `${describe(service)}: port ${port.port} leads to ${targetOf(port)}, which no container it selects has`,
          fix: "let targetPort be a containerPort, or the name of one",
        })
    }
}

export function* serviceSelectsJob({ manifests }: Context): Generator<Problem> {
  for (const { manifest, service } of servicesOf(manifests))
    for (const { object } of manifests)
      if (isKind(object, "Job") && isSelected(service, object))
        yield problemAt(manifest, ["spec", "selector"], {
          code: "SERVICE_SELECTS_JOB",
          what: `${describe(service)} selects the pods of ${describe(object)}, which answer no requests`,
          fix: `give the pods of ${describe(object)} labels of their own`,
        })
}

/** The monitor and the handshake send their requests to each application's Service. */
export function* appServiceMissing({ manifests, apps }: Context): Generator<Problem> {
  const objects = manifests.map(({ object }) => object)
  for (const [name, app] of Object.entries(apps)) {
    if (servicePortOf(objects, app) !== undefined) continue
    const service = serviceNamed(objects, app.service)
    const manifest = manifests.find(({ object }) => object === service)
    if (!service || !manifest)
      yield {
        code: "APP_SERVICE_MISSING",
        what: `the manifests have no Service ${app.service} for the ${name}`,
        fix: `add one, or set ${name}.service in cloud-native.yaml to the name of the Service that it has`,
      }
    else if (!selectsNothing(service, objects))
      yield problemAt(manifest, ["spec", "ports"], {
        code: "APP_SERVICE_MISSING",
        what: `${describe(service)}: no port leads to port ${app.port} of the ${name}'s container`,
        fix: `let the targetPort of one be ${app.port} or the name of that containerPort, or set ${name}.port in cloud-native.yaml to the port that the container listens on`,
      })
  }
}
