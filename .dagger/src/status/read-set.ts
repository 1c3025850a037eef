import type { Kubectl } from "../kubernetes/kubectl.js"
import { ControllerRevision, newestRevision, SETS, type SetState } from "./pod-sets.js"

/** How a set stands; of a DaemonSet, its revision only where its pods are deleted by this module. */
export async function readSetState(
  kubectl: Kubectl,
  kind: keyof typeof SETS,
  name: string,
): Promise<SetState | undefined> {
  const { collection, shape } = SETS[kind]
  const api = await kubectl.api()
  const state = await api.get<SetState>(collection, name, shape)
  if (!state || kind !== "DaemonSet" || state.strategy !== "OnDelete") return state
  const revisions = await api.list("controllerrevisions", ControllerRevision)
  return { ...state, revision: newestRevision(revisions, state.live.metadata.uid) }
}
