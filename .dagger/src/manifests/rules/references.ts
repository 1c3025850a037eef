import type { Problem } from "../problem.js"
import { configMapsIn, unresolved } from "../references.js"
import type { Context } from "./context.js"

/** A key that a ConfigMap of the manifests lacks; objects that are not in the manifests are the cluster's to have. */
export function* configKeyMissing({ manifests }: Context): Generator<Problem> {
  for (const problem of unresolved(manifests, configMapsIn(manifests)))
    if (problem.code === "CONFIGMAP_KEY_MISSING") yield problem
}
