import type { Kubectl } from "../kubernetes/kubectl.js"
import { podsOf } from "../manifests/pods.js"
import type { KubernetesObject } from "../manifests/render.js"
import type { PodTemplate, Toleration } from "../manifests/shapes.js"
import { CloudNativeError, lastLines } from "../util/errors.js"

/** A node that images of another architecture cannot run on. */
export interface Node {
  name: string
  architecture: string
  /** key=value */
  labels: string[]
  /** key=value:effect */
  taints: string[]
}

/** Nodes that an error names at most, for each object. */
const SHOWN = 3

/** Throw where pods may come to nodes that their images were not built for. `images`: the architectures of each. */
export async function assertArchitecture(
  kubectl: Kubectl,
  objects: KubernetesObject[],
  images: Map<string, string[]>,
): Promise<void> {
  if (images.size === 0) return
  const common = [...images.values()].reduce((some, others) =>
    some.filter(architecture => others.includes(architecture)),
  )
  const { exitCode, stdout, stderr } = await kubectl.run(["get", "nodes", `--output=${nodesTemplate(common)}`])
  if (exitCode !== 0) return console.log(`preflight: the nodes' architecture is not checked: ${lastLines(stderr, 1)}`)
  const problems = misplaced(objects, images, readNodes(stdout))
  if (problems.length === 0) return
  throw new CloudNativeError({
    code: "ARCHITECTURE_MISMATCH",
    blame: "user",
    what: "nodes of the cluster are of another architecture than images are built for",
    why: problems.join("\n"),
    fix: `build on a Dagger Engine of the nodes' architecture; where only some nodes differ, keep the pods off them with nodeSelector: { kubernetes.io/arch: ${common[0] ?? "…"} }`,
  })
}

/** Prints + for a node of these architectures; of another one, in a line of its own, all that says which pods may come to it. */
function nodesTemplate(architectures: string[]): string {
  const labels = "{{range $key, $value := .metadata.labels}}{{$key}}={{$value}},{{end}}"
  const taints = '{{range .spec.taints}}{{.key}}={{or .value ""}}:{{.effect}},{{end}}'
  const other = `{{"\\n"}}{{.metadata.name}} {{.status.nodeInfo.architecture}} ${labels} ${taints}{{"\\n"}}`
  return `go-template={{range .items}}{{if not .spec.unschedulable}}{{if eq .status.nodeInfo.architecture ${["", ...architectures].map(name => `"${name}"`).join(" ")}}}+{{else}}${other}{{end}}{{end}}{{end}}`
}

/** The nodes of other architectures. */
export function readNodes(text: string): Node[] {
  const lines = text.split("\n").filter(line => line && !line.startsWith("+"))
  return lines.map(line => {
    const [name = "", architecture = "", labels = "", taints = ""] = line.split(" ")
    return { name, architecture, labels: labels.split(",").filter(Boolean), taints: taints.split(",").filter(Boolean) }
  })
}

/** The pods of `images`, by their object, that may come to one of these nodes, for which one of their images is not built. */
export function misplaced(objects: KubernetesObject[], images: Map<string, string[]>, others: Node[]): string[] {
  return objects.flatMap(object => {
    const spec = podsOf(object)?.template.spec
    if (!spec) return []
    const builtFor = [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ image }) =>
      images.has(image) ? [images.get(image)!] : [],
    )
    const foreign = others.filter(({ architecture }) =>
      builtFor.some(architectures => !architectures.includes(architecture)),
    )
    const nodes = foreign
      .filter(node => mayCome(spec, node))
      .map(({ name, architecture }) => `${name} (${architecture})`)
    if (nodes.length === 0) return []
    const more = nodes.length > SHOWN ? `, and ${nodes.length - SHOWN} more` : ""
    const built = [...new Set(builtFor.map(architectures => architectures.join(", ")))].join("; ")
    return `the pods of ${object.kind} ${object.metadata.name} may come to ${nodes.slice(0, SHOWN).join(", ")}${more}; built for: ${built}`
  })
}

/** Whether the scheduler may choose that node; a required node affinity is left to its author. */
function mayCome(
  { nodeSelector = {}, tolerations = [], affinity }: PodTemplate["spec"],
  { labels, taints }: Node,
): boolean {
  if (affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution) return false
  const isTolerated = (taint: string) => tolerations.some(toleration => tolerates(toleration, taint))
  const selected = Object.entries(nodeSelector).every(([key, value]) => labels.includes(`${key}=${value}`))
  return selected && taints.every(taint => taint.endsWith(":PreferNoSchedule") || isTolerated(taint))
}

function tolerates({ key, operator = "Equal", value = "", effect }: Toleration, taint: string): boolean {
  const [, name, is, does] = /^(.*)=(.*):(.*)$/.exec(taint)!
  return (!key || key === name) && (!effect || effect === does) && (operator === "Exists" || value === is)
}
