import type { z } from "zod"

import type { Metadata } from "../../../.dagger/src/kubernetes/api.ts"
import type { Answer, Kubectl } from "../../../.dagger/src/kubernetes/kubectl.ts"
import { formatIdentity, type Identity } from "../../../.dagger/src/kubernetes/object-ref.ts"
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

/** A Secret or ConfigMap of the namespace. */
interface Stored {
  kind: "Secret" | "ConfigMap"
  metadata: { name: string } & Partial<Metadata>
  data?: Record<string, string>
}

/** The record of a release, as it is in the namespace; `name`: that of the config. */
export function record(
  { id, outcome, content, inventory, found }: ReleaseSummary,
  { name = "shop", annotations = {}, data = {} } = {},
): Stored {
  return {
    kind: "Secret",
    metadata: {
      name: `cloud-native-release-${id}`,
      labels: { "cloud-native/record": "release", "cloud-native/name": name, "cloud-native/outcome": outcome },
      annotations: {
        "cloud-native/content": content,
        "cloud-native/inventory": inventory.map(formatIdentity).join(","),
        "cloud-native/found": found.map(formatIdentity).join(","),
        ...annotations,
      },
    },
    data,
  }
}

/** A connection that reads these objects of a namespace. */
export function fakeApi(objects: Stored[]): object {
  const of = (collection: string) => objects.filter(({ kind }) => `${kind.toLowerCase()}s` === collection)
  return {
    listMetadata: async (collection: string, labels: Record<string, string>) =>
      of(collection)
        .map(({ metadata }) => ({ labels: {}, annotations: {}, ...metadata }))
        .filter(found => Object.entries(labels).every(([key, value]) => found.labels[key] === value)),
    get: async (collection: string, name: string, shape: z.ZodType) => {
      const found = of(collection).find(({ metadata }) => metadata.name === name)
      return found && shape.parse(found)
    },
  }
}

/** As kubectl prints it for present.ts; `owner`: the name of the config that it was applied for. */
export function presentLine(identity: Identity, owner = ""): string {
  return [identity.apiVersion, identity.kind, identity.name, owner, owner && "cloud-native"].join("\t")
}

/** A kubectl that answers as it is told, by the verb, and what was asked of it, a line each; its connection reads `objects`. */
export function fakeKubectl(
  answers: Record<string, (names: string[]) => Partial<Answer>>,
  objects: Stored[] = [],
): { kubectl: Kubectl; calls: string[] } {
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
  const api = async () => fakeApi(objects)
  return { kubectl: { namespace: "shop", run: persist, persist, must, apply, api } as unknown as Kubectl, calls }
}
