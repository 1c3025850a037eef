// How long a step is repeated whose answer is not the expected one. Imports nothing of k6, so that tests can read it.

/** Seconds for which the network of a new pod may open, or an application may come up. */
const PATIENCE = 20
/** Seconds for which a rate limit is waited for: those of sign-ins mostly count by the minute. */
const PATIENCE_WITH_LIMITS = 70

/**
 * Seconds after which to send a step again, `spent` seconds after it was first sent; undefined: its answer stands.
 * `mayPass`: whether an answer that no limit refused is one to send it again for.
 */
export function pauseAfter(answer, spent, mayPass) {
  const isLimited = answer.status === 429
  if (!isLimited && !mayPass(answer)) return undefined
  const pause = isLimited ? retryAfter(answer) : 1
  return spent + pause > (isLimited ? PATIENCE_WITH_LIMITS : PATIENCE) ? undefined : pause
}

/** Seconds after which a limited request may be sent again: the standard header, Better Auth's own, or a guess. */
export function retryAfter({ headers }) {
  const seconds = Number(headers["Retry-After"] ?? headers["X-Retry-After"] ?? 10)
  return Math.min(Math.max(seconds || 10, 1), 60)
}
