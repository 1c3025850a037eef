import { describe, type Manifest } from "../manifest.js"
import { type Problem, problemAt } from "../problem.js"
import { backingOf, serviceNamed, targetOf } from "../services.js"
import { variablesIn } from "../variables.js"
import type { Context } from "./context.js"
import { literals } from "./literals.js"

const NAME = "BACKEND_URL"
/** A Service's name in the cluster: alone, with its namespace, or in full. */
const SERVICE_HOST = /^([^.]+)(\.[^.]+(\.svc(\.cluster\.local)?)?)?$/

/** BACKEND_URL must lead to pods, by a Service of these manifests: else both applications are well, and nothing works. */
export function* backendUrlUnresolved({ manifests }: Context): Generator<Problem> {
  for (const manifest of manifests)
    for (const { name, value, path } of literals(manifest)) {
      // What the kubelet composes is not known here.
      const isWhole = variablesIn(value).length === 0
      const why = name === NAME && isWhole ? unresolvedBecause(value, manifests) : undefined
      if (why)
        yield problemAt(manifest, path, {
          code: "BACKEND_URL_UNRESOLVED",
          what: `${describe(manifest.object)}: ${NAME} ${value} leads nowhere: ${why}`,
          fix: "let it be http://SERVICE:PORT of a Service that selects the backend's pods",
        })
    }
}

/** Whether a host can be nothing but a Service of the cluster: others, such as api.example.com, are not the manifests' to know. */
function isInCluster(hostname: string, manifests: Manifest[]): boolean {
  const [name, ...domains] = hostname.split(".") as [string, ...string[]]
  const isOwn =
    serviceNamed(
      manifests.map(({ object }) => object),
      name,
    ) !== undefined
  // api.example.com is no Service's name, whatever Services are called.
  const isShort = domains.length === 1 || ["svc", "pod"].includes(domains[1]!)
  return domains.length === 0 || domains.includes("svc") || domains[0] === "namespace" || (isOwn && isShort)
}

function unresolvedBecause(value: string, manifests: Manifest[]): string | undefined {
  const text = value.replace("${NAMESPACE}", "namespace")
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !["http:", "https:"].includes(url.protocol)) return "it is not a URL of http or https"
  const { hostname, port, protocol } = url
  if (!isInCluster(hostname, manifests)) return undefined
  const number = Number(port || (protocol === "https:" ? 443 : 80))
  const name = SERVICE_HOST.exec(hostname)?.[1]
  const service =
    name &&
    serviceNamed(
      manifests.map(({ object }) => object),
      name,
    )
  if (!service) return `the manifests have no Service ${name ?? hostname}`
  const ports = service.spec.ports?.map(({ port }) => port) ?? []
  const served = service.spec.ports?.find(item => item.port === number)
  if (!served) return `${describe(service)} has no port ${number}, but ${ports.join(", ") || "none"}`
  const backing = backingOf(service, served, manifests)
  if (backing === "unselected") return `${describe(service)} selects no pods`
  return backing === "not listening"
    ? `no container that ${describe(service)} selects has a port of the name ${targetOf(served)}`
    : undefined
}
