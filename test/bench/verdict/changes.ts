// What is deployed most: nothing new, one variable, and back again; all of it good.
import type { Manifest } from "../manifests.ts"
import type { Measurement } from "../schema.ts"
import { manifestsFor } from "./cases.ts"
import { askAboutGood, measure } from "./measure.ts"
import { type Ground, Site } from "./site.ts"
import { podsAt } from "./timeline.ts"
import type { Answer, Tool } from "./tool.ts"

export type Change = "unchanged" | "one-variable" | "rollback"
export const CHANGES: { name: Change }[] = [{ name: "unchanged" }, { name: "one-variable" }, { name: "rollback" }]

const TARGET = { kind: "Deployment", name: "frontend" }
const GOOD = { workload: "Deployment" as const, edits: { edit: [] }, given: [] }

/** All three, one after another, since each begins with what the last one left; with nothing beside them. */
export async function changeThrice(ground: Ground, tool: Tool): Promise<Record<Change, Measurement>> {
  const site = await Site.prepare(ground, tool, GOOD)
  const { namespace, sightings } = site
  const good = manifestsFor("Deployment", site.text())
  const [first, second] = [site.release(good), site.release(withVariable(good))]
  const wanted = podsAt(sightings, Date.now())
  const look = (name: Change, isAwaited: boolean, call: () => Promise<Answer>) =>
    measure(
      ground.api,
      namespace.name,
      { sightings, target: TARGET, expect: [], wanted },
      () => isAwaited,
      () => askAboutGood(name, tool, call),
    )
  try {
    return {
      unchanged: await look("unchanged", false, () => tool.deploy(first)),
      "one-variable": await look("one-variable", false, () => tool.deploy(second)),
      rollback: await look("rollback", true, () => tool.back(first)),
    }
  } finally {
    await site.remove()
  }
}

function withVariable(manifests: Manifest[]): Manifest[] {
  return manifests.map(manifest => {
    if (manifest.kind !== TARGET.kind || manifest.metadata.name !== TARGET.name) return manifest
    const changed = structuredClone(manifest)
    changed.spec.template.spec.containers[0].env = [{ name: "VERSION", value: "2" }]
    return changed
  })
}
