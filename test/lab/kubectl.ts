import { kubectlPath } from "./images.ts"
import type { Lab } from "./lab.ts"
import { run } from "./process.ts"

/** Run kubectl on a lab's cluster; answers with what it printed. */
export async function kubectl({ kubeconfig }: Lab, args: string[], input?: string): Promise<string> {
  return (await run([await kubectlPath(), ...args], { input, env: { ...process.env, KUBECONFIG: kubeconfig } })).stdout
}
