import { z } from "zod"

const Answered = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("status"), status: z.number() }),
  z.object({ kind: z.literal("wrong-body") }),
  z.object({ kind: z.literal("rate-limited") }),
  z.object({ kind: z.literal("refused") }),
  z.object({ kind: z.literal("reset") }),
  z.object({ kind: z.literal("timeout") }),
  z.object({ kind: z.literal("name-not-resolved") }),
  z.object({ kind: z.literal("certificate"), problem: z.enum(["untrusted", "expired", "wrong-name"]) }),
  z.object({ kind: z.literal("tls"), error: z.string() }),
  z.object({ kind: z.literal("redirect-loop"), to: z.string() }),
  z.object({ kind: z.literal("redirected-away"), to: z.string() }),
  z.object({ kind: z.literal("no-answer"), error: z.string() }),
  z.object({ kind: z.literal("value-missing"), path: z.string() }),
])

const SignIn = z.object({ kind: z.literal("sign-in"), step: z.string(), cause: Answered })

/** Why a request failed, as the scripts in k6 say it. */
export const RequestFailure = z.discriminatedUnion("kind", [...Answered.options, SignIn])
export type RequestFailure = z.infer<typeof RequestFailure>

type Kind = RequestFailure["kind"]
type Of<K extends Kind> = Extract<RequestFailure, { kind: K }>

const KINDS: { [K in Kind]: { text(failure: Of<K>): string; remedy(failure: Of<K>): string } } = {
  status: {
    text: ({ status }) => `status ${status}`,
    remedy: ({ status }) =>
      status === 401 || status === 403
        ? "give the request a sign-in (monitor.signIn, and signedIn: true), or expect that status"
        : "see in the applications' logs what they cannot reach (BACKEND_URL, the database) or what the release changed; a status that is right goes into the request's expect.status",
  },
  "wrong-body": {
    text: () => "wrong body",
    remedy: () => "compare the answer with the request's expect; if the new answer is right, change expect with it",
  },
  "rate-limited": {
    text: () => "rate limited (status 429)",
    remedy: () => "lower the request's rate in monitor.requests, or exempt the monitor's account in the application",
  },
  refused: {
    text: () => "connection refused",
    remedy: () =>
      "check that the Services select the pods, that old pods serve until they are out of the Service (preStop) and that new pods are ready only when they can serve (readinessProbe)",
  },
  reset: {
    text: () => "connection reset",
    remedy: () => "let old pods finish the requests that they have begun (preStop, graceful shutdown) before they exit",
  },
  timeout: {
    text: () => "timeout",
    remedy: () =>
      "see in the applications' logs what the answers wait for: a lock in the database, a dependency, too little CPU",
  },
  "name-not-resolved": {
    text: () => "name not resolved",
    remedy: () => "check that the Service exists under the name in the config, and that the cluster's DNS answers",
  },
  certificate: {
    text: ({ problem }) => CERTIFICATE[problem].text,
    remedy: ({ problem }) => CERTIFICATE[problem].remedy,
  },
  tls: {
    text: ({ error }) => error,
    remedy: () =>
      "check that TLS is spoken at the port of publicUrl, in a version and with ciphers that Go's client offers, and that it asks for no client certificate",
  },
  "redirect-loop": {
    text: ({ to }) => `redirects without end, the last to ${to}`,
    remedy: () =>
      "let only one of application and proxy redirect (http to https, a slash at the end, www), and let the application believe the proxy's X-Forwarded-Proto and X-Forwarded-Host",
  },
  "redirected-away": {
    text: ({ to }) => `redirected to another address, ${to}`,
    remedy: () =>
      "set publicUrl to the address at which users arrive; if a gateway sends those who have not signed in elsewhere, exempt the request's path, or expect the redirect's status",
  },
  "no-answer": {
    text: ({ error }) => error,
    remedy: () => "check the Services, and what stands between them and the pods (NetworkPolicy, service mesh)",
  },
  "value-missing": {
    text: ({ path }) => `the answer has no ${path}`,
    remedy: () => "correct the step's capture: it names a value that the answer does not have",
  },
  "sign-in": {
    text: ({ step, cause }) => `sign-in failed at ${step}: ${describeFailure(cause)}`,
    remedy: ({ cause }) => SIGN_IN[cause.kind] ?? remedyFor(cause),
  },
}

const CERTIFICATE = {
  untrusted: {
    text: "certificate of an unknown authority",
    remedy:
      "put the authority's certificate into a ConfigMap of the namespace and name that in monitor.caConfigMap; if the authority is a public one, let the proxy send the intermediate certificates as well",
  },
  expired: {
    text: "certificate expired, or not yet valid",
    remedy:
      "renew the certificate at publicUrl, and see why that did not happen by itself (kubectl get certificates; the clock of the monitor's node)",
  },
  "wrong-name": {
    text: "certificate of another name",
    remedy:
      "let the certificate at publicUrl have its host among its names; an Ingress controller answers with its own where the Secret of spec.tls is missing or for another host",
  },
}

/** What differs where the request is a step of the sign-in. */
const SIGN_IN: { [K in Kind]?: string } = {
  status:
    "check that the account of monitor.secrets exists and has this password, and that the step fits the application",
  "rate-limited": "wait until the application admits another sign-in, and deploy again",
}

/** Whether the application's rate limit refused a request, or the sign-in that it needs: the monitor's own load may have used it up. */
export function isRateLimited(failure: RequestFailure | undefined): boolean {
  const cause = failure?.kind === "sign-in" ? failure.cause : failure
  return cause?.kind === "rate-limited"
}

export function describeFailure<K extends Kind>(failure: Of<K>): string {
  return KINDS[failure.kind].text(failure)
}

/** What to do about it. */
export function remedyFor<K extends Kind>(failure: Of<K>): string {
  return KINDS[failure.kind].remedy(failure)
}

/** Inside the cluster, a pod that ends is out of its Service at once; what is in front learns of it later. */
const LATE =
  "let old pods serve longer after SIGTERM than what stands in front of the Services (Ingress controller, load balancer, CDN) takes to notice that they end (preStop: sleep above its interval, with terminationGracePeriodSeconds above that)"

const GATEWAY: Record<number, string> = {
  502: `${LATE}; where its log says that it refused an answer (headers too large, a connection that was closed), correct the answer or raise its limit`,
  503: "let what stands in front of the Services know new pods before old ones go (its health check asks what readinessProbe asks; readiness gates, or minReadySeconds above its interval): it had none to send requests to",
  504: `${LATE}; where pods are slow to answer, see in their logs what they wait for, or raise the proxy's time-out`,
}

/** What differs where the request went through the public URL, and all were answered inside the cluster. */
const OUTSIDE: { [K in Kind]?: (failure: Of<K>) => string } = {
  status: ({ status }) =>
    GATEWAY[status] ??
    "see in the log of what stands in front of the Services which of its rules answers so (hosts, paths, access lists)",
  "wrong-body": () =>
    "see whether what stands in front of the Services answers itself, with a page of its own or from a cache; keep it from caching what changes with a release",
  refused: () =>
    "check host and port of publicUrl, that the Ingress controller or load balancer runs throughout, and that it lets in the cluster's own pods",
  reset: () => `${LATE}; see in its log why it closed the connection`,
  timeout: () =>
    `${LATE}; where nothing was ever answered, check that a pod of the cluster gets to publicUrl (firewall, egress NetworkPolicy, a load balancer that the cluster's own nodes cannot reach)`,
  "name-not-resolved": () =>
    "check that the host of publicUrl resolves in a pod of the cluster, whose DNS may not know it",
  "no-answer": () =>
    "check the way from a pod of the cluster to publicUrl (firewall, egress NetworkPolicy), and see the log of what stands in front of the Services",
}

/** What to do about one that the requests from outside alone ran into. */
export function remedyOutside<K extends Kind>(failure: Of<K>): string {
  return OUTSIDE[failure.kind]?.(failure) ?? remedyFor(failure)
}

/** Failures of one kind, however many requests they cost. */
export const FailureCount = z.object({ failure: RequestFailure, count: z.number() })
export type FailureCount = z.infer<typeof FailureCount>

/** The most frequent first. */
export function countFailures(failures: RequestFailure[]): FailureCount[] {
  const counts = new Map<string, FailureCount>()
  for (const failure of failures) {
    const text = describeFailure(failure)
    const counted = counts.get(text)
    if (counted) counted.count++
    else counts.set(text, { failure, count: 1 })
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)
}
