/** What kubectl says of an API server that does not answer, or not yet: one that is restarted, overloaded or changes its leader. */
const AWAY = [
  /connection refused|was refused|connection reset|no route to host|network is unreachable|broken pipe|connection lost/,
  /i\/o timeout|TLS handshake timeout|deadline exceeded|Client\.Timeout|request canceled|request timed out|Timeout: request did not complete/,
  /\bEOF\b/,
  /server is currently unable|ServiceUnavailable|unable to return a response in the time allotted|too many requests|TooManyRequests/,
  /etcdserver: |leader changed|apiserver is shutting down|apiserver not ready/,
  // Just after its start it does not know its own roles yet.
  /RBAC: .* not found/,
]

/** Whether a call of kubectl failed for an API server that may be back in a moment. */
export function isAway(stderr: string): boolean {
  return AWAY.some(pattern => pattern.test(stderr))
}
