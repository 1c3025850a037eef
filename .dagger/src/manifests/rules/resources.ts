import { describe } from "../manifest.js"
import { containersOf } from "../pods.js"
import { type Problem, problemAt } from "../problem.js"
import type { Context } from "./context.js"

export function* resourcesMissing({ manifests }: Context): Generator<Problem> {
  for (const manifest of manifests)
    for (const { container, path } of containersOf(manifest.object)) {
      const { requests = {}, limits = {} } = container.resources ?? {}
      const missing = [
        ...["cpu", "memory"].filter(name => !(name in requests)).map(name => `requests.${name}`),
        ...(limits.memory === undefined ? ["limits.memory"] : []),
      ]
      if (missing.length > 0)
        yield problemAt(manifest, [...path, "resources"], {
          code: "RESOURCES_MISSING",
          what: `${describe(manifest.object)}: container ${container.name} has no resources.${missing.join(", ")}`,
          fix: "say what it needs, so that the scheduler and the autoscaler can count, and where memory ends",
        })
    }
}
