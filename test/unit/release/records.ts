import type { Answer, Kubectl } from "../../../.dagger/src/kubernetes/kubectl.ts"
import type { Identity } from "../../../.dagger/src/kubernetes/object-ref.ts"
import type { ReleaseSummary } from "../../../.dagger/src/release/history.ts"

const API_VERSIONS: Record<string, string> = { Deployment: "apps/v1", Job: "batch/v1", Ingress: "networking.k8s.io/v1" }

export function object(kind: string, name: string, apiVersion = API_VERSIONS[kind] ?? "v1"): Identity {
  return { apiVersion, kind, name }
}

export function entry(
  id: string,
  outcome: ReleaseSummary["outcome"],
  inventory: Identity[] = [],
  found: Identity[] = [],
): ReleaseSummary {
  return { id, outcome, content: `content of ${id}`, inventory, found }
}

/** As kubectl prints it for present.ts; `owner`: the name of the config that it was applied for. */
export function presentLine(identity: Identity, owner = ""): string {
  return [identity.apiVersion, identity.kind, identity.name, owner, owner && "cloud-native"].join("\t")
}

/** A kubectl that answers as it is told, by the verb, and what was asked of it, a line each. */
export function fakeKubectl(answers: Record<string, (names: string[]) => Partial<Answer>>): {
  kubectl: Kubectl
  calls: string[]
} {
  const calls: string[] = []
  const persist = async ([verb = "", ...args]: string[], stdin?: string): Promise<Answer> => {
    const { items } = JSON.parse(stdin ?? '{"items":[]}') as { items: { kind: string; metadata: { name: string } }[] }
    const names = items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    calls.push([verb, ...names, ...args.filter(arg => !/^--(filename|output|ignore)/.test(arg))].join(" "))
    return { exitCode: 0, stdout: "", stderr: "", ...answers[verb]?.(names) }
  }
  const must = async (args: string[], stdin?: string) => {
    const { exitCode, stdout, stderr } = await persist(args, stdin)
    if (exitCode !== 0) throw new Error(stderr)
    return stdout
  }
  const apply = async (manifests: object[]) => void (await persist(["apply"], JSON.stringify({ items: manifests })))
  return { kubectl: { namespace: "shop", run: persist, persist, must, apply } as unknown as Kubectl, calls }
}
