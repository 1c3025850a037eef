import { type Answer, type Kubectl, list } from "../kubernetes/kubectl.js"
import type { Identity } from "../kubernetes/object-ref.js"
import { ownLabels } from "../manifests/render.js"

/** An object that is on the cluster. */
export interface Present extends Identity {
  /** It has the labels that this module gives to all that it applies. */
  managed: boolean
  /** The name of the config that it was applied for, where that is another one. */
  owner?: string
  /** The Helm release that it is part of. */
  helm?: string
}

const LABELS = Object.keys(ownLabels(""))
const MANAGER = ownLabels("")["app.kubernetes.io/managed-by"]
const COLUMNS = [
  ".apiVersion",
  ".kind",
  ".metadata.name",
  ...LABELS.map(label => `.metadata.labels.${label.replaceAll(".", "\\.")}`),
  ".metadata.annotations.meta\\.helm\\.sh/release-name",
]
const OUTPUT = `--output=jsonpath={range .items[*]}${COLUMNS.map(column => `{${column}}`).join('{"\\t"}')}{"\\n"}{end}`

/** Which of these objects there are. Of those that could not be looked at, `problems` says why; of a kind that is unknown there are none. */
export async function findPresent(
  kubectl: Kubectl,
  name: string,
  identities: Identity[],
): Promise<{ there: Present[]; problems: string[] }> {
  if (identities.length === 0) return { there: [], problems: [] }
  const answer = await kubectl.persist(["get", "--filename=-", "--ignore-not-found", OUTPUT], listOf(identities))
  return { there: parsePresent(answer.stdout, name), problems: problemsOf(answer) }
}

/** An object a line; `name`: that of the config. */
export function parsePresent(text: string, name: string): Present[] {
  const own = Object.values(ownLabels(name)).join("\t")
  return text
    .split("\n")
    .filter(Boolean)
    .map(line => {
      const [apiVersion = "", kind = "", object = "", partOf = "", managedBy = "", release = ""] = line.split("\t")
      const managed = [partOf, managedBy].join("\t") === own
      const isOurs = managed || managedBy !== MANAGER
      const helm = managedBy === "Helm" && release !== "" ? { helm: release } : {}
      return { apiVersion, kind, name: object, managed, ...(!isOurs && { owner: partOf }), ...helm }
    })
}

/** What kubectl says that it could not do; it goes on with the other objects. What no kind is known of is gone with its kind. */
export function problemsOf({ exitCode, stderr }: Answer): string[] {
  if (exitCode === 0) return []
  return stderr.split("\n").filter(line => line.trim() && !/no matches for kind|^Warning: /.test(line))
}

/** Objects by name only, as kubectl reads them from its input. */
export function listOf(identities: Identity[]): string {
  return list(identities.map(({ apiVersion, kind, name }) => ({ apiVersion, kind, metadata: { name } })))
}
