/** What kubectl or the API server says while the API server restarts, is overloaded or elects its leader. */
const TRANSIENT = [
  /connection refused|was refused|connection reset|no route to host|network is unreachable|broken pipe|connection lost/,
  /i\/o timeout|TLS handshake timeout|deadline exceeded|Client\.Timeout|request canceled|request timed out|Timeout: request did not complete/,
  /\bEOF\b/,
  /server is currently unable|ServiceUnavailable|unable to return a response in the time allotted|too many requests|TooManyRequests/,
  /etcdserver: |leader changed|apiserver is shutting down|apiserver not ready|not yet ready to handle request/,
  // A load balancer answers in its stead, or closes the connection.
  /an error on the server \(.*\) has prevented the request from succeeding|server sent GOAWAY/s,
  // A webhook that restarts, and two that count the same quota.
  /no endpoints available for service|Operation cannot be fulfilled on resourcequotas/,
  // Just after its start it does not know its own roles yet.
  /RBAC: .* not found/,
  // A kubelet that cannot check who asks for a log: of the caller's own credentials, the API server names no resource.
  /asked for the client to provide credentials \( pods\/log /,
]

/** Whether a call failed for a reason that may pass within a moment. */
export function isTransient(message: string): boolean {
  return TRANSIENT.some(pattern => pattern.test(message))
}
