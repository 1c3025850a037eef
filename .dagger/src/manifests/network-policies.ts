import { containerPort } from "./services.js"
import type { KubernetesObject, LabelSelector, NetworkPolicy } from "./shapes.js"

export type Direction = "Ingress" | "Egress"

/** The value of a label by its key; undefined where there is none. */
type Labels = (key: string) => string | undefined | typeof UNKNOWN

/** A value that only the cluster knows. */
const UNKNOWN = Symbol("unknown")

/** The object whose pods are asked, and the ports: that of their container, and that of the Service in front of them. */
export interface Destination {
  object: KubernetesObject
  labels: Record<string, string>
  port: number
  servicePort: number
}

/** What is missing or empty stands for everything. */
interface Rule {
  peers?: Peer[]
  ports?: Port[]
}

type Spec = NetworkPolicy["spec"]
type Peer = NonNullable<NonNullable<Spec["egress"]>[number]["to"]>[number]
type Port = NonNullable<NonNullable<Spec["egress"]>[number]["ports"]>[number]

/** The policies that keep pods with one set of labels from a destination in their namespace; none where that is not certain. */
export function closing(
  policies: NetworkPolicy[],
  direction: Direction,
  from: Record<string, string>,
  to: Destination,
  namespace: string,
): NetworkPolicy[] {
  const [pod, other] = direction === "Egress" ? [from, to.labels] : [to.labels, from]
  const isPeer = ({ podSelector = {}, namespaceSelector = {} }: Peer) =>
    matches(podSelector, ofPod(other)) !== false && matches(namespaceSelector, ofNamespace(namespace)) !== false
  return isolating(policies, direction, pod, ({ peers, ports }) => {
    const isAllowed = (numbers: number[]) =>
      isAny(ports, port => numbers.some(number => covers(port, number, to.object)))
    // Whether an address is compared before or after a Service's is translated differs from network to network.
    if (isAny(peers, ({ ipBlock }) => ipBlock !== undefined)) return isAllowed([to.port, ...OF_MESHES, to.servicePort])
    return isAny(peers, isPeer) && isAllowed([to.port, ...OF_MESHES])
  })
}

/** The policies that keep pods with these labels from the cluster's DNS, which stands in another namespace; none where that is not certain. */
export function closingDns(policies: NetworkPolicy[], labels: Record<string, string>): NetworkPolicy[] {
  const isElsewhere = ({ ipBlock, namespaceSelector }: Peer) => ipBlock !== undefined || namespaceSelector !== undefined
  return isolating(
    policies,
    "Egress",
    labels,
    ({ peers, ports }) => isAny(peers, isElsewhere) && isAny(ports, mayBeDns),
  )
}

/** The policies that isolate a pod, unless a rule of one that may select it may allow the connection. */
function isolating(
  policies: NetworkPolicy[],
  direction: Direction,
  labels: Record<string, string>,
  mayAllow: (rule: Rule) => boolean,
): NetworkPolicy[] {
  const selecting = policies
    .filter(({ spec }) => typesOf(spec).includes(direction))
    .map(policy => ({ policy, selected: matches(policy.spec.podSelector ?? {}, ofPod(labels)) }))
    .filter(({ selected }) => selected !== false)
  if (selecting.some(({ policy }) => rulesOf(policy.spec, direction).some(mayAllow))) return []
  return selecting.filter(({ selected }) => selected).map(({ policy }) => policy)
}

/** As the API server sets it where it is not given. */
function typesOf({ policyTypes, egress }: Spec): string[] {
  return policyTypes ?? (egress ? ["Ingress", "Egress"] : ["Ingress"])
}

function rulesOf({ ingress = [], egress = [] }: Spec, direction: Direction): Rule[] {
  if (direction === "Egress") return egress.map(({ to, ports }) => ({ peers: to, ports }))
  return ingress.map(({ from, ports }) => ({ peers: from, ports }))
}

function isAny<Item>(items: Item[] | undefined, is: (item: Item) => boolean): boolean {
  return !items?.length || items.some(is)
}

/** Ports by which meshes carry requests to every port of a pod: Istio's ambient mode, Linkerd. */
const OF_MESHES = [15008, 4143]

function covers({ protocol = "TCP", port, endPort }: Port, number: number, object: KubernetesObject): boolean {
  if (protocol !== "TCP") return false
  if (typeof port === "string") return containerPort(object, port) === number
  return port === undefined || (port <= number && number <= (endPort ?? port))
}

/** The pods of a cluster's DNS may listen at another port than its Service has, as OpenShift's do. */
function mayBeDns({ protocol, port, endPort }: Port): boolean {
  if (protocol === "UDP" || typeof port !== "number") return true
  return port <= 53 && 53 <= (endPort ?? port)
}

/** Labels that controllers add to the pods they make. */
const OF_CONTROLLERS =
  /^(batch\.kubernetes\.io\/|apps\.kubernetes\.io\/|statefulset\.kubernetes\.io\/|(job-name|controller-uid|pod-template-hash|controller-revision-hash)$)/

function ofPod(labels: Record<string, string>): Labels {
  return key => labels[key] ?? (OF_CONTROLLERS.test(key) ? UNKNOWN : undefined)
}

/** The API server sets this one. */
function ofNamespace(name: string): Labels {
  return key => (key === "kubernetes.io/metadata.name" ? name : UNKNOWN)
}

/** Whether a selector matches; undefined where that depends on labels that are unknown. */
function matches({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean | undefined {
  const requirements = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, operator: "In", values: [value] })),
    ...matchExpressions,
  ]
  const fulfilled = requirements.map(requirement => fulfils(labels(requirement.key), requirement))
  if (fulfilled.includes(false)) return false
  return fulfilled.includes(undefined) ? undefined : true
}

function fulfils(
  value: ReturnType<Labels>,
  { operator, values }: { operator: string; values?: string[] },
): boolean | undefined {
  if (value === UNKNOWN) return undefined
  const isListed = values?.some(listed => listed === value) === true
  const results: Record<string, boolean> = {
    In: isListed,
    NotIn: !isListed,
    Exists: value !== undefined,
    DoesNotExist: value === undefined,
  }
  return results[operator]
}
