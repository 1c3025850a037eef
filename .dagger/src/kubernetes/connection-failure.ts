/** Why kubectl gets no answer from the API server that it could use. */
export interface ConnectionFailure {
  kind:
    | "CertificateExpired"
    | "ConnectionClosed"
    | "CredentialPluginFailed"
    | "CredentialsRefused"
    | "InvalidCertificateData"
    | "NoCredentials"
    | "NoRoute"
    | "NoTls"
    | "Refused"
    | "TimedOut"
    | "UnknownAuthority"
    | "UnknownHost"
    | "Unrecognized"
    | "WrongCertificateName"
  /** What kubectl says. */
  message: string
}

/** What kubectl's stderr shows; the first that matches decides. */
const PATTERNS: [RegExp, ConnectionFailure["kind"] | "Answered"][] = [
  [/getting credentials: exec/, "CredentialPluginFailed"],
  [/lookup |no such host|name resolution/, "UnknownHost"],
  [/x509: certificate has expired or is not yet valid/, "CertificateExpired"],
  [/x509: .*(valid for|any names|any IP SANs|Common Name)/, "WrongCertificateName"],
  [/x509: /, "UnknownAuthority"],
  [/root certificates|PEM/, "InvalidCertificateData"],
  [/server gave HTTP response to HTTPS client|does not look like a TLS handshake/, "NoTls"],
  [/Unauthorized|must be logged in|remote error: tls/, "CredentialsRefused"],
  // Without credentials kubectl prompts for a user name, and its stdin is empty.
  [/system:anonymous|^error: EOF$/m, "NoCredentials"],
  // The API server answers, and only does not name the user.
  [
    /selfsubjectreviews.*(forbidden|not enabled|could not find)|Forbidden|NotFound|doesn't have a resource type/s,
    "Answered",
  ],
  [/connection refused|was refused/, "Refused"],
  [/Client\.Timeout|i\/o timeout|handshake timeout|deadline exceeded|timed out/, "TimedOut"],
  [/no route to host|network is unreachable/, "NoRoute"],
  [/connection reset|EOF/, "ConnectionClosed"],
]

/** Reads the stderr of a kubectl that failed; undefined where the API server answered. */
export function connectionFailure(stderr: string): ConnectionFailure | undefined {
  const kind = PATTERNS.find(([pattern]) => pattern.test(stderr))?.[1] ?? "Unrecognized"
  return kind === "Answered" ? undefined : { kind, message: stderr.trim() }
}
