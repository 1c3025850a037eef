// Why a request had no answer. Knows nothing of k6, so that the unit tests run it.

/**
 * By k6's code, where it has one of its own: https://grafana.com/docs/k6/latest/javascript-api/error-codes/
 * @param {{ error_code: number, error: string }} answer
 */
export function unanswered({ error_code: code, error }) {
  if (code >= 1100 && code < 1200) return { kind: "name-not-resolved" }
  if (code === 1212) return { kind: "refused" }
  if (code === 1220 || code === 1221) return { kind: "reset" }
  if (code === 1050 || code === 1211) return { kind: "timeout" }
  if (code === 1310) return { kind: "certificate", problem: "untrusted" }
  if (code === 1311) return { kind: "certificate", problem: "wrong-name" }
  if (error.includes("certificate has expired")) return { kind: "certificate", problem: "expired" }
  const text = error.slice(0, 60)
  return /\b(tls|x509): /.test(error) ? { kind: "tls", error: text } : { kind: "no-answer", error: text }
}
