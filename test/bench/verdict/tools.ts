import { kubectlPath } from "../../lab/images.ts"
import type { Lab } from "../../lab/lab.ts"
import { goProgram } from "../../lab/packages.ts"
import { helm } from "../../lab/tools.ts"
import type { Tool as Named } from "../schema.ts"
import { Helm } from "./helm.ts"
import { Kubectl } from "./kubectl.ts"
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
}

export const TOOL_NAMES = Object.keys(TOOLS)

const REPLACED = "Go does not install a module whose go.mod has replacements"

/** What is not at hand. */
export const UNMEASURED: Named[] = [
  {
    name: "kubedog",
    label: "kubedog, the tracker that nelm waits with",
    unmeasured: "the Go module proxy here refuses github.com/werf/kubedog: 403, this module version is not available",
  },
  { name: "nelm", label: "nelm", unmeasured: REPLACED },
  {
    name: "argo-rollouts",
    label: "Argo Rollouts",
    unmeasured: `${REPLACED}; its controller rolls out Rollouts, not the Deployments of these manifests`,
  },
]

/** The tools of these names; all where none is given. */
export function toolsFor(lab: Lab, peers: Peers, names: string[]): Promise<Tool[]> {
  return Promise.all((names.length > 0 ? names : TOOL_NAMES).map(name => TOOLS[name]!(lab, peers)))
}
