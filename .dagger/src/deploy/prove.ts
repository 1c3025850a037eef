import { servingOf, withApplications } from "../config/applications.js"
import { type Expectations, expectationsOf } from "../config/expectations.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import { addressesOf, serviceNamed } from "../manifests/services.js"
import type { KubernetesObject, Service } from "../manifests/shapes.js"
import { AvailabilityGuard } from "../monitor/availability-guard.js"
import { proveHandshake } from "../monitor/handshake.js"
import { CloudNativeError } from "../util/errors.js"
import type { RolloutTask } from "./task.js"

const LABEL = "cloud-native/preview"

/** Prove the pods that no user reaches yet, by the requests of users: through Services of their own, for as long as it takes. */
export async function proveBeside(task: RolloutTask, signal: AbortSignal): Promise<void> {
  const { kubectl, config, recorded, slots, options, redactor, isRollback } = task
  const { objects, secretName } = recorded.release
  await removePreviews(kubectl, config.name)
  const names = new Map(
    slots.moves.map(({ service }) => [service, `cloud-native-preview-${crypto.randomUUID().slice(0, 8)}`]),
  )
  const previews = [...names].map(([service, name]) => previewOf(serviceNamed(objects, service)!, name, config.name))
  const previewed = withApplications(config, app => ({ ...app, service: names.get(app.service) ?? app.service }))
  const renamed = [...objects, ...previews]
  const expectations =
    recorded.expectations ?? expectationsOf(config, recorded.publicUrl, addressesOf(objects, servingOf(config)))
  const versions = [throughPreviews(expectations, names)]
  const timeout = options.timeout
  const proof = new AvailabilityGuard(kubectl, { config, timeout, redactor, secretName, versions })
  console.log(`verify: ${[...names.keys()].join(", ")}: the new pods, which no user reaches yet`)
  try {
    await kubectl.apply(previews)
    if (versions[0]!.requests.length > 0) await proof.assertAvailable(signal).catch(triedFirst)
    if (options.handshake && !isRollback) await proveHandshake(kubectl, previewed, renamed, recorded.publicUrl, signal)
  } finally {
    await proof.stop()
    await removePreviews(kubectl, config.name)
  }
}

function triedFirst(error: unknown): never {
  if (!(error instanceof CloudNativeError) || error.code !== "AVAILABILITY_FAILED") throw error
  const { code, kind, blame, what, evidence, why, fix } = error
  const tried = `the new pods were asked before any user reached them: ${what}`
  throw new CloudNativeError({ code, kind, blame, what: tried, evidence, why, fix, cause: error })
}

/** The ports of a Service, and its pods, under another name; what leads users to it is left out. */
export function previewOf({ spec }: Service, name: string, partOf: string): KubernetesObject & Service {
  const ports = (spec.ports ?? []).map(({ nodePort: _, ...port }) => port)
  const metadata = { name, labels: { [LABEL]: partOf, "app.kubernetes.io/managed-by": "cloud-native" } }
  return { apiVersion: "v1", kind: "Service", metadata, spec: { selector: spec.selector, ports } }
}

/** Of what is asked, the requests to the applications that have a preview, at its address. */
export function throughPreviews(expectations: Expectations, names: Map<string, string>): Expectations {
  const through = (url: string) => {
    const { hostname } = new URL(url)
    return url.replace(`//${hostname}`, `//${names.get(hostname) ?? hostname}`)
  }
  const { requests, signIn } = expectations
  return {
    ...expectations,
    requests: requests
      .map(request => ({ ...request, url: through(request.url) }))
      .filter((request, index) => request.url !== requests[index]!.url),
    signIn: signIn.map(step => ({ ...step, url: through(step.url) })),
  }
}

/** Also those of a deployment that was killed. */
async function removePreviews(kubectl: Kubectl, partOf: string): Promise<void> {
  await kubectl.must(["delete", "services", `--selector=${LABEL}=${partOf}`, "--ignore-not-found", "--wait=false"])
}
