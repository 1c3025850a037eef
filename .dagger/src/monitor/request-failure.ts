import { z } from "zod"

const Answered = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("status"), status: z.number() }),
  z.object({ kind: z.literal("wrong-body") }),
  z.object({ kind: z.literal("rate-limited") }),
  z.object({ kind: z.literal("refused") }),
  z.object({ kind: z.literal("reset") }),
  z.object({ kind: z.literal("timeout") }),
  z.object({ kind: z.literal("name-not-resolved") }),
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

/** What differs where the request is a step of the sign-in. */
const SIGN_IN: { [K in Kind]?: string } = {
  status:
    "check that the account of monitor.secrets exists and has this password, and that the step fits the application",
  "rate-limited": "wait until the application admits another sign-in, and deploy again",
}

export function describeFailure<K extends Kind>(failure: Of<K>): string {
  return KINDS[failure.kind].text(failure)
}

/** What to do about it. */
export function remedyFor<K extends Kind>(failure: Of<K>): string {
  return KINDS[failure.kind].remedy(failure)
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
