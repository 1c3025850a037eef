import type { KubernetesObject } from "../manifests/render.js"
import { dryRun } from "./dry-run.js"
import { type Answer, type Kubectl, list } from "./kubectl.js"
import { MANAGED, type ManagedObject, readObjects } from "./managed-objects.js"
import { asTakenOver, patchTo } from "./take-over.js"

/** An object with the API server's defaults and nobody else's fields; undefined where it does not take another one of its kind. */
export async function dryRunAlone(kubectl: Kubectl, object: KubernetesObject): Promise<ManagedObject | undefined> {
  const another = { ...object, metadata: { ...object.metadata, name: "cloud-native-plan" } }
  const { exitCode, stdout } = await dryRun(kubectl, [another], MANAGED)
  return exitCode === 0 ? readObjects(stdout)[0] : undefined
}

/**
 * How the API server validates an object once it has been taken over: fields of others, such as a probe's other handler, may be all that it
 * refuses the object for. Undefined where nothing is to be taken over, or that cannot be told.
 */
export async function dryRunTakenOver(kubectl: Kubectl, manifest: KubernetesObject): Promise<Answer | undefined> {
  const printed = await kubectl.must(["get", "--filename=-", "--ignore-not-found", ...MANAGED], list([manifest]))
  const [[live], alone] = [readObjects(printed), await dryRunAlone(kubectl, manifest)]
  const wanted = live && alone && asTakenOver(live, alone)
  if (!wanted) return undefined
  const patch = JSON.stringify(patchTo(live, wanted))
  return kubectl.persist(
    ["patch", "--filename=-", "--type=json", `--patch=${patch}`, "--dry-run=server", ...MANAGED],
    list([manifest]),
  )
}
