import { goProgram } from "../lab/packages.ts"

/** The path of Helm for this machine: what its users compare with. */
export function helmPath(): Promise<string> {
  return goProgram({
    name: "helm",
    module: "helm.sh/helm/v4",
    version: "v4.3.1",
    package: "cmd/helm",
    usually: "2 min",
  })
}
