// Which status an answer may have. Knows nothing of k6, so that the unit tests run it.

/**
 * Without a status of its own, an answer may have each that Kubernetes' probes take for a healthy one.
 * @param {{ status?: number }} expected
 */
export function isExpectedStatus(status, { status: expected }) {
  return expected === undefined ? status >= 200 && status < 400 : status === expected
}

/** Whether an expected answer is a redirect and nothing else, so that following it would miss it. */
export function isRedirect({ status }) {
  return status >= 300 && status < 400
}
