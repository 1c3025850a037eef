import type { Kubectl } from "../kubernetes/kubectl.js"
import { isOfApplication } from "../manifests/slots.js"
import { readRollout, type RolloutState } from "../status/deployment.js"
import { describeState } from "../status/describe.js"
import { lastLogs } from "../status/logs.js"
import { PATIENT } from "../status/pod.js"
import { only } from "../status/snapshot.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import { CloudNativeError } from "../util/errors.js"
import { firstLines } from "../util/format.js"
import type { Redactor } from "../util/redact.js"
import { type Availability, countFiles, type Part, partsOf } from "./availability.js"
import { K6_NEEDS } from "./k6-job.js"
import { describeFailure, remedyFor, remedyOutside, type RequestFailure } from "./request-failure.js"
import type { MonitoredRequest } from "./scenario.js"

/** What the error of failed requests is about. */
export interface FailedRequests {
  availability: Availability
  requests: Pick<MonitoredRequest, "name" | "to">[]
  /** The release's migrations, where the first request failed while they ran. */
  migrations?: string[]
}

/** The error of a deployment during which requests failed, with the state of the applications and what those asked wrote last. */
export async function requestsFailed(
  kubectl: Kubectl,
  redactor: Redactor,
  { availability, requests, migrations }: FailedRequests,
): Promise<CloudNativeError> {
  const snapshot = await takeSnapshot(kubectl, redactor)
  const now = await kubectl.now()
  const states = only(snapshot, "Deployment").map(({ metadata }) => readRollout(snapshot, metadata.name, now, PATIENT))
  const failed = [
    ...partsOf(availability).flatMap(part => part.requests.filter(request => request.failed > 0)),
    ...availability.pages.filter(page => countFiles([page]).failed > 0),
  ]
  const asked = requests.filter(({ name }) => failed.some(request => request.name === name)).map(({ to }) => to)
  const logs = await Promise.all(
    states
      .filter(({ deployment }) => asked.some(app => isOfApplication(deployment, app)))
      .map(state => logsOf(kubectl, redactor, state)),
  )
  const advice = migrations
    ? `write the migration so that the running release still works with it: add in one release, remove in a later one; what it changed stays until another migration undoes it`
    : remediesFor(availability).join("; ")
  return new CloudNativeError({
    code: "AVAILABILITY_FAILED",
    blame: "user",
    ...whatFailed(availability, migrations),
    evidence: [
      ...describeOutages(availability),
      ...states
        .filter(({ complete, warning }) => !complete || warning)
        .map(state => redactor.redact(describeState(snapshot, state, now))),
      ...logs,
    ]
      .filter(Boolean)
      .join("\n"),
    why: describeCauses(availability).join("\n"),
    fix: `${advice}; to look further: kubectl --namespace=${kubectl.namespace} get pods,services,endpointslices`,
  })
}

/** What failed first of all: from outside, only where nothing did inside. */
export function whatFailed(availability: Availability, migrations?: string[]): { kind: string; what: string } {
  const [, outside] = partsOf(availability)
  const isOutsideAlone =
    availability.failed === 0 && availability.sent > 0 && outside !== undefined && outside.failed > 0
  const { failed, sent, percent, failures } = isOutsideAlone ? outside : availability
  const answered = `${percent.toFixed(3)} %`
  if (migrations)
    return {
      kind: "breaking-migration",
      what: `requests began to fail while ${migrations.join(" and ")} ran: the migration broke the running release (${answered} answered as expected)`,
    }
  if (failed === 0 && sent > 0)
    return {
      kind: "page-files",
      what: `${describeFiles(availability)}: browsers showed pages without their scripts or styles`,
    }
  return {
    kind: failures[0]?.failure.kind ?? "page-files",
    what: isOutsideAlone
      ? `${answered} of the requests from outside were answered as expected, not 100 %; inside the cluster, all were`
      : `${answered} of the users' requests were answered as expected, not 100 %`,
  }
}

/** The error of a monitor that could send so little that nothing is known of the requests between. */
export function tooFewRequests({ sent, dropped }: Part): CloudNativeError {
  return new CloudNativeError({
    code: "MONITOR_FAILED",
    blame: "environment",
    what: `the monitor could not send ${dropped} of ${sent + dropped} requests, so what it sent does not show how users are served`,
    why: "more than one request in ten was not sent in time: the monitor's pod had too little CPU, or every connection was waiting for an answer",
    fix: `lower monitor.rate, or raise monitor.resources; ${K6_NEEDS}`,
  })
}

/** The error of a monitor whose every request a rate limit refuses before anything rolls out: what comes would go unseen. */
export function allLimited(failure: RequestFailure): CloudNativeError {
  return new CloudNativeError({
    code: "MONITOR_FAILED",
    kind: "rate-limited",
    blame: "user",
    what: "the application's rate limit refuses all of the monitor's requests, so nothing would show how users are served",
    why: describeFailure(failure),
    fix: remedyFor(failure),
  })
}

/** Lines about requests that stand at the end of the error. */
const CAUSES = 6

/** What requests ran into, and which; of pages' files, only where nothing else failed. */
export function describeCauses(availability: Availability): string[] {
  const causes = partsOf(availability).flatMap(part => [...part.failures.map(describeCount), ...describeFailed(part)])
  return firstLines(causes.length > 0 ? causes : availability.pages.flatMap(describePage), CAUSES)
}

/** What failed, how and when. */
export function describeOutages(availability: Availability): string[] {
  return [...partsOf(availability).flatMap(describePart), ...availability.pages.flatMap(describePage)]
}

function describePart(part: Part, index: number): string[] {
  const { sent, failed, dropped, limited, failures, outages } = part
  return [
    [
      `${failed} of ${sent} requests ${index === 0 ? "" : "from outside "}failed`,
      dropped > 0 && `${dropped} could not be sent in time`,
      limited > 0 && `${limited} were refused by a rate limit`,
    ]
      .filter(Boolean)
      .join(", "),
    ...failures.map(describeCount),
    ...describeFailed(part),
    ...outages.map(
      ({ from, to, seconds, failures: kinds }) =>
        `outage of ${seconds.toFixed(1)} s, ${from} to ${to}: ${kinds.map(describeFailure).join(", ")}`,
    ),
  ]
}

function describeFailed({ requests }: Part): string[] {
  return requests
    .filter(request => request.failed > 0)
    .map(
      request => `${request.name}, on ${request.connection} connections: ${request.failed} of ${request.sent} failed`,
    )
}

function describeCount({ failure, count }: Part["failures"][number]): string {
  return `${count} × ${describeFailure(failure)}`
}

/** How many of all pages' files failed. */
export function describeFiles({ pages }: Pick<Availability, "pages">): string {
  const { sent, failed } = countFiles(pages)
  return `${failed} of ${sent} requests for pages' files failed`
}

/** The files of a page that failed. */
export function describePage(page: Availability["pages"][number]): string[] {
  const { sent, failed } = countFiles([page])
  if (failed === 0) return []
  return [
    `the files of ${page.name}: ${failed} of ${sent} failed`,
    ...page.failures.map(
      ({ path, page: state, failure, count }) =>
        `  ${path}: ${count} × ${describeFailure(failure)}, of the page as it ${state === "now" ? "is now" : "was before"}`,
    ),
  ]
}

/** What to do about each kind of failure, the most frequent first. */
export function remediesFor({
  failures,
  outside,
  pages,
}: Pick<Availability, "failures" | "outside" | "pages">): string[] {
  // What fails inside fails from outside as well.
  const beyond = failures.length === 0 ? (outside?.failures ?? []) : []
  const through = outside?.requests.map(({ name }) => name) ?? []
  const files = pages.flatMap(({ name, failures: failed }) =>
    failed.map(({ failure }) => ({ failure, isOutside: through.includes(name) })),
  )
  const others = files.filter(({ failure }) => !isMissing(failure))
  return [
    ...new Set([
      ...failures.map(({ failure }) => remedyFor(failure)),
      ...beyond.map(({ failure }) => remedyOutside(failure)),
      ...others.map(({ failure, isOutside }) => (isOutside ? remedyOutside : remedyFor)(failure)),
      ...(others.length < files.length ? [FILES_REMEDY] : []),
    ]),
  ]
}

/** Of a file: whether a server answered that does not have it. */
function isMissing(failure: RequestFailure): boolean {
  return (failure.kind === "status" && failure.status < 500) || failure.kind === "wrong-body"
}

/** The error of a deployment that is to be watched from outside by a monitor that trusts nothing there; no rollout cures that. */
export function untrustedOutside(origin: string): CloudNativeError {
  const failure = { kind: "certificate", problem: "untrusted" } as const
  return new CloudNativeError({
    code: "MONITOR_FAILED",
    kind: failure.kind,
    blame: "user",
    what: `the monitor does not trust ${origin}, so it cannot see what users see from outside (monitor.outside)`,
    why: describeFailure(failure),
    fix: remedyFor(failure),
  })
}

/** Only two builds at once lose files that both have on their own. */
const FILES_REMEDY =
  "two builds answer at once, and each pod has the files of its own build only: let every pod serve both (static-files.cjs, see docs/first-day.md#the-files-of-two-builds), or put them on a CDN (assetPrefix); correct a file's address that no build has; page: false in monitor.requests asks for no files"

async function logsOf(kubectl: Kubectl, redactor: Redactor, state: RolloutState): Promise<string | undefined> {
  const [pod] = state.pods
  if (!pod) return undefined
  const own = state.replicaSet?.spec.template.spec.containers.map(({ name }) => name) ?? []
  return `last log lines of ${pod.metadata.name}:\n${(await lastLogs(kubectl, pod, redactor, own)) || "(it wrote nothing)"}`
}
