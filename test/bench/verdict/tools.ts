import { messageOf } from "../../../.dagger/src/util/errors.ts"
import { kubectlPath } from "../../lab/images.ts"
import type { Lab } from "../../lab/lab.ts"
import { goProgram } from "../../lab/packages.ts"
import { helm, tracker } from "../../lab/tools.ts"
import type { Tool as Named } from "../schema.ts"
import { Helm } from "./helm.ts"
import { Kubectl, Tracker } from "./kubectl.ts"
import { CloudNative } from "./module.ts"
import type { Peers, Tool } from "./tool.ts"

/** The deadline that a careful user of kubectl or Helm sets, in seconds. */
const DEADLINE = 30

const TOOLS: Record<string, (lab: Lab, peers: Peers) => Promise<Tool>> = {
  module: async lab => new CloudNative(lab),
  kubectl: async (_, peers) => new Kubectl(await kubectlPath(), peers),
  [`kubectl-${DEADLINE}s`]: async (_, peers) => new Kubectl(await kubectlPath(), peers, DEADLINE),
  helm: async (_, peers) => new Helm(await goProgram(helm), peers),
  [`helm-${DEADLINE}s`]: async (_, peers) => new Helm(await goProgram(helm), peers, DEADLINE),
  kubedog: async (_, peers) => new Tracker(await kubectlPath(), peers, await goProgram(tracker)),
}

export const TOOL_NAMES = Object.keys(TOOLS)

const REPLACED = "Go does not install a module whose go.mod has replacements"

/** What is not at hand. */
const UNMEASURED: Named[] = [
  { name: "nelm", label: "nelm", unmeasured: `${REPLACED}; kubedog is what it waits with` },
  {
    name: "argo-rollouts",
    label: "Argo Rollouts",
    unmeasured: `${REPLACED}; its controller rolls out Rollouts, not the Deployments of these manifests`,
  },
]

/** The tools of these names, all where none is given; and those that cannot be measured, with the reason. */
export async function toolsFor(
  lab: Lab,
  peers: Peers,
  names: string[],
): Promise<{ tools: Tool[]; unmeasured: Named[] }> {
  const tools: Tool[] = []
  const unmeasured = [...UNMEASURED]
  for (const name of names.length > 0 ? names : TOOL_NAMES) {
    // Its modules may be out of reach.
    const tool = await TOOLS[name]!(lab, peers).catch((error: unknown) => messageOf(error))
    if (typeof tool === "string") unmeasured.push({ name, label: name, unmeasured: tool.replace(/\s+/g, " ") })
    else tools.push(tool)
  }
  return { tools, unmeasured }
}
