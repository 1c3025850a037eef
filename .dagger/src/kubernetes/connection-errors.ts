import { CloudNativeError, type ErrorCode } from "../util/errors.js"
import { type ConnectionFailure, connectionFailure } from "./connection-failure.js"
import type { ApiServer } from "./kubeconfig.js"
import type { Answer } from "./kubectl.js"

/** Asks the API server for the user that it sees: one request, without discovery. */
export const WHO_AM_I = ["auth", "whoami", "--request-timeout=8s", "--output=jsonpath={.status.userInfo.username}"]

interface Place {
  /** The address that kubectl was given. */
  url: string
  /** The name that the certificate is checked against. */
  host: string
}

const LOOPBACK = /^(127\.|localhost$|\[::1\]$|0\.0\.0\.0$|\[::\]$)/

/** Throw where the kubeconfig's address would lead a container to itself. */
export function assertLeadsOut({ url, proxyUrl }: Pick<ApiServer, "url" | "proxyUrl">, apiServer?: object): void {
  if (proxyUrl) return assertProxyLeadsOut(proxyUrl)
  const { hostname, port } = new URL(url)
  if (apiServer || !LOOPBACK.test(hostname)) return
  throw new CloudNativeError({
    code: "CLUSTER_UNREACHABLE",
    blame: "user",
    what: `the kubeconfig's address ${url} is this machine's own, and kubectl runs in a container`,
    why: "there that address is the container itself",
    fix: `add --api-server=tcp://127.0.0.1:${port || "443"}: the certificate is still checked against the name in the kubeconfig`,
  })
}

function assertProxyLeadsOut(proxyUrl: string): void {
  if (!LOOPBACK.test(new URL(proxyUrl).hostname)) return
  throw new CloudNativeError({
    code: "CLUSTER_UNREACHABLE",
    blame: "user",
    what: "the kubeconfig's proxy-url is an address of this machine, and kubectl runs in a container",
    why: "in the container, that address is the container itself",
    fix: "let the proxy listen at an address that containers reach and write that as proxy-url, or take proxy-url out and pass --api-server=tcp://HOST:PORT",
  })
}

/** The user of the kubeconfig; throws if the API server cannot be used. */
export function readWhoAmI({ exitCode, stdout, stderr }: Answer, place: Place): string {
  if (exitCode === 0) return stdout.trim()
  const failure = connectionFailure(stderr)
  if (failure) throw connectionError(failure, place)
  return "the kubeconfig's user"
}

/** A failure as a person reads it. */
export function connectionError({ kind, message }: ConnectionFailure, place: Place): CloudNativeError {
  const { code, text, remedy } = FAILURES[kind]
  const blame = code === "CLUSTER_UNREACHABLE" ? "environment" : "user"
  return new CloudNativeError({ code, kind, blame, what: text(place), why: message, fix: remedy })
}

interface Wording {
  code: ErrorCode
  /** The failure in one line. */
  text: (place: Place) => string
  /** What to do about it. */
  remedy: string
}

const FAILURES: { [K in ConnectionFailure["kind"]]: Wording } = {
  CertificateExpired: {
    code: "CLUSTER_UNTRUSTED",
    text: ({ url }) => `the certificate of the API server at ${url} has expired or is not valid yet`,
    remedy: "renew the certificate, or set this machine's clock",
  },
  ConnectionClosed: {
    code: "CLUSTER_UNREACHABLE",
    text: ({ url }) => `the connection to the API server at ${url} was closed`,
    remedy: "check that the cluster is up, and that no proxy or firewall closes the connection",
  },
  CredentialPluginFailed: {
    code: "CREDENTIALS_REFUSED",
    text: () => "the kubeconfig's credential plugin failed",
    remedy:
      "check that the plugin works in a container of images.kubectl, or pass a kubeconfig with the token of a service account: docs/clusters.md has the steps",
  },
  CredentialsRefused: {
    code: "CREDENTIALS_REFUSED",
    text: ({ url }) => `the API server at ${url} does not accept the credentials of the kubeconfig`,
    remedy:
      "get a current kubeconfig: its token or certificate has expired, was revoked, or belongs to another cluster",
  },
  InvalidCertificateData: {
    code: "KUBECONFIG_INVALID",
    text: () => "a certificate or key in the kubeconfig cannot be read",
    remedy: "get a current kubeconfig; certificate-authority-data and client-certificate-data are PEM in base64",
  },
  NoCredentials: {
    code: "CREDENTIALS_REFUSED",
    text: ({ url }) => `the kubeconfig has no credentials for the API server at ${url}`,
    remedy: "pass a kubeconfig whose context has a user with a token or a certificate",
  },
  NoRoute: {
    code: "CLUSTER_UNREACHABLE",
    text: ({ url }) => `there is no route to the API server's address ${url}`,
    remedy: "connect to its network (VPN), or check the address in the kubeconfig",
  },
  NoTls: {
    code: "CLUSTER_UNREACHABLE",
    text: ({ url }) => `the server at ${url} is not an API server: it does not speak TLS`,
    remedy: "check the server's address and port in the kubeconfig",
  },
  Refused: {
    code: "CLUSTER_UNREACHABLE",
    text: ({ url }) => `nothing listens at the API server's address ${url}`,
    remedy:
      "start the cluster, or check the server's address and port in the kubeconfig (and --api-server, if you pass it)",
  },
  TimedOut: {
    code: "CLUSTER_UNREACHABLE",
    text: ({ url }) => `the API server at ${url} does not answer within 8 s`,
    remedy:
      "check that this machine is allowed to reach it (VPN, firewall, the cluster's list of allowed addresses), and that the cluster is up",
  },
  UnknownAuthority: {
    code: "CLUSTER_UNTRUSTED",
    text: ({ url }) =>
      `the certificate of the API server at ${url} is not signed by an authority that the kubeconfig trusts`,
    remedy:
      "get a current kubeconfig: a cluster that was created again has another authority (certificate-authority-data); behind a proxy that intercepts TLS, add the proxy's authority",
  },
  UnknownHost: {
    code: "CLUSTER_UNREACHABLE",
    text: ({ url }) => `the name in the API server's address ${url} does not resolve`,
    remedy:
      "check the name in the kubeconfig, and that it resolves in containers on this machine (a VPN's names often do not); or add --api-server=tcp://HOST:PORT",
  },
  Unrecognized: {
    code: "CLUSTER_UNREACHABLE",
    text: ({ url }) => `kubectl gets no answer from the API server at ${url}`,
    remedy: "fix what kubectl names above",
  },
  WrongCertificateName: {
    code: "CLUSTER_UNTRUSTED",
    text: ({ url, host }) => `the certificate of the API server at ${url} is not for the name ${host}`,
    remedy:
      "set tls-server-name of the kubeconfig's cluster to one of the certificate's names, or use an address that the certificate is for",
  },
}
