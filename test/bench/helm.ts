import { goProgram } from "../lab/packages.ts"
import { helm } from "../lab/tools.ts"

/** The path of Helm for this machine: what its users compare with. */
export function helmPath(): Promise<string> {
  return goProgram(helm)
}
