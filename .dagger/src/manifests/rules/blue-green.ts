import { keyOf } from "../../config/applications.js"
import { isWorkload } from "../kinds.js"
import { describe } from "../manifest.js"
import { type Problem, problemAt } from "../problem.js"
import { isSelected, serviceNamed } from "../services.js"
import { isKind } from "../shapes.js"
import type { Context } from "./context.js"

/** What a Service is switched between is one Deployment twice; a headless one has no address that could be switched. */
export function* blueGreenImpossible({ manifests, apps }: Context): Generator<Problem> {
  const objects = manifests.map(({ object }) => object)
  for (const [name, { service: called, strategy }] of Object.entries(apps)) {
    const service = strategy === "blue-green" ? serviceNamed(objects, called) : undefined
    if (!service) continue
    const manifest = manifests[objects.indexOf(service)]!
    const selected = objects.filter(object => isWorkload(object.kind) && isSelected(service, object))
    if (service.spec.clusterIP === "None")
      yield problemAt(manifest, ["spec", "clusterIP"], {
        code: "BLUE_GREEN_IMPOSSIBLE",
        what: `${describe(service)} is headless: its users ask pods by their own addresses, and none of them could be switched at once`,
        fix: `give the ${name} a Service with an address of its own, or set ${keyOf(name)}.strategy: rolling`,
      })
    else if (selected.length > 1 || !selected.every(object => isKind(object, "Deployment")))
      yield problemAt(manifest, ["spec", "selector"], {
        code: "BLUE_GREEN_IMPOSSIBLE",
        what: `${describe(service)} selects the pods of ${selected.map(describe).join(" and ")}; blue-green is for those of one Deployment`,
        fix: `let its selector pick the pods of one Deployment, or set ${keyOf(name)}.strategy: rolling`,
      })
  }
}
