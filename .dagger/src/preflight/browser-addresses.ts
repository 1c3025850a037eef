import { applicationsOf, keyOf } from "../config/applications.js"
import type { Config } from "../config/schema.js"
import type { Manifest } from "../manifests/manifest.js"
import { isKind } from "../manifests/shapes.js"
import { isLoopback } from "../registry/reference.js"

/** Next.js puts the values of these into the code that browsers run. */
const IN_BROWSERS = /^NEXT_PUBLIC_/
const URL_OF = /^(https?|wss?):\/\//i
/** A name of the cluster's own DNS. */
const IN_CLUSTER = /^[^.]+$|\.svc$|\.cluster\.local$/

/** Addresses in build arguments at which the users' browsers will not find this release, or may find another one: a text for each. */
export function strayAddresses(config: Config, publicUrl: string, manifests: Manifest[]): string[] {
  const open = new URL(publicUrl).host
  const served = [open, ...ingressHosts(manifests)]
  return Object.entries(applicationsOf(config)).flatMap(([name, { buildArgs }]) =>
    Object.entries(buildArgs)
      .filter(([variable, value]) => IN_BROWSERS.test(variable) && URL_OF.test(value) && URL.canParse(value))
      .flatMap(([variable, value]) => {
        const { origin, host, hostname } = new URL(value)
        const why = strayedBecause(host, hostname, isLoopback(open), served)
        return why ? [`${keyOf(name)}.buildArgs.${variable} is ${origin}: ${why}`] : []
      }),
  )
}

function strayedBecause(host: string, hostname: string, isLocal: boolean, served: string[]): string | undefined {
  if (isLoopback(host)) return isLocal ? undefined : "in a user's browser, that is the user's own machine"
  if (IN_CLUSTER.test(hostname)) return "that is a name of the cluster's network, which no browser resolves"
  if (served.some(other => covers(other, host) || covers(other, hostname))) return undefined
  return "neither publicUrl nor an Ingress of the manifests has that host; this is right only for a server of others"
}

/** As an Ingress matches: * stands for one label. */
function covers(served: string, host: string): boolean {
  return served.startsWith("*.") ? host.replace(/^[^.]+/, "*") === served : host === served
}

function ingressHosts(manifests: Manifest[]): string[] {
  return manifests.flatMap(({ object }) =>
    isKind(object, "Ingress") ? (object.spec.rules ?? []).flatMap(({ host }) => host ?? []) : [],
  )
}
