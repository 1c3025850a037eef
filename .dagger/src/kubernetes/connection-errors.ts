import { CloudNativeError, type Failure } from "../util/errors.js"
import type { ApiServer } from "./kubeconfig.js"
import type { Answer } from "./kubectl.js"

/** What kubectl is asked to learn whether the API server answers, and whom it takes the caller for: one request, without discovery. */
export const WHO_AM_I = ["auth", "whoami", "--request-timeout=8s", "--output=jsonpath={.status.userInfo.username}"]

type Verdict = Pick<Failure, "code" | "what" | "fix">

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

/** The user of the kubeconfig; throws if the API server does not name one. */
export function readWhoAmI({ exitCode, stdout, stderr }: Answer, place: Place): string {
  if (exitCode === 0) return stdout.trim()
  const found = VERDICTS.find(([pattern]) => pattern.test(stderr))
  // It answered, and does not say it: nothing that stops a deployment.
  if (found && !found[1]) return "the kubeconfig's user"
  const verdict = (found?.[1] ?? unknown)(place)
  throw new CloudNativeError({
    blame: verdict.code === "CLUSTER_UNREACHABLE" ? "environment" : "user",
    why: stderr.trim(),
    ...verdict,
  })
}

const unreachable =
  (what: (place: Place) => string, fix: string) =>
  (place: Place): Verdict => ({ code: "CLUSTER_UNREACHABLE", what: what(place), fix })
const untrusted =
  (what: (place: Place) => string, fix: string) =>
  (place: Place): Verdict => ({ code: "CLUSTER_UNTRUSTED", what: what(place), fix })
const refused =
  (what: (place: Place) => string, fix: string) =>
  (place: Place): Verdict => ({ code: "CREDENTIALS_REFUSED", what: what(place), fix })

const unknown = unreachable(({ url }) => `the API server at ${url} cannot be asked`, "fix what kubectl names above")

/** What kubectl says, and what it means; the first that fits. Without a meaning: the server is reached. */
const VERDICTS: [RegExp, ((place: Place) => Verdict) | undefined][] = [
  [
    /getting credentials: exec/,
    refused(
      () => "the program that the kubeconfig gets its credentials from failed",
      "see that it works in a container of images.kubectl, or pass a kubeconfig with the token of a service account: docs/clusters.md has the steps",
    ),
  ],
  [
    /lookup |no such host|name resolution/,
    unreachable(
      ({ url }) => `the name in the API server's address ${url} does not resolve`,
      "check it in the kubeconfig, and that containers of this machine resolve it (a VPN's names often hold outside of them only); or add --api-server=tcp://HOST:PORT",
    ),
  ],
  [
    /x509: certificate has expired or is not yet valid/,
    untrusted(
      ({ url }) => `the certificate of the API server at ${url} has expired, or is not valid yet`,
      "renew it, or set this machine's clock",
    ),
  ],
  [
    /x509: .*(valid for|any names|any IP SANs|Common Name)/,
    untrusted(
      ({ url, host }) => `the certificate of the API server at ${url} is not for the name ${host}`,
      "write one of its names as tls-server-name: into the cluster of the kubeconfig, or use the address that it is for",
    ),
  ],
  [
    /x509: /,
    untrusted(
      ({ url }) => `the certificate of the API server at ${url} is not of an authority that the kubeconfig trusts`,
      "get a current kubeconfig: a cluster that was made anew has another authority (certificate-authority-data); behind a proxy that opens TLS, add the proxy's",
    ),
  ],
  [
    /root certificates|PEM/,
    () => ({
      code: "KUBECONFIG_INVALID",
      what: "a certificate or key in the kubeconfig cannot be read",
      fix: "get a current kubeconfig; certificate-authority-data and client-certificate-data are PEM in base64",
    }),
  ],
  [
    /server gave HTTP response to HTTPS client|does not look like a TLS handshake/,
    unreachable(
      ({ url }) => `what answers at ${url} is no API server: it does not speak TLS`,
      "check the server's address and port in the kubeconfig",
    ),
  ],
  [
    /Unauthorized|must be logged in|remote error: tls/,
    refused(
      ({ url }) => `the API server at ${url} does not accept the credentials of the kubeconfig`,
      "get a current kubeconfig: its token or certificate has expired, was withdrawn, or is another cluster's",
    ),
  ],
  [
    // Without any, kubectl asks for a name, and nobody is there to type it.
    /system:anonymous|^error: EOF$/m,
    refused(
      ({ url }) => `the kubeconfig has no credentials for the API server at ${url}`,
      "pass a kubeconfig whose context has a user with a token or a certificate",
    ),
  ],
  [
    /selfsubjectreviews.*(forbidden|not enabled|could not find)|Forbidden|NotFound|doesn't have a resource type/s,
    undefined,
  ],
  [
    /connection refused|was refused/,
    unreachable(
      ({ url }) => `nothing listens at the API server's address ${url}`,
      "start the cluster, or check the server's address and port in the kubeconfig (and --api-server, where it is given)",
    ),
  ],
  [
    /Client\.Timeout|i\/o timeout|handshake timeout|deadline exceeded|timed out/,
    unreachable(
      ({ url }) => `the API server at ${url} does not answer within 8 s`,
      "see that this machine is let through to it: VPN, firewall, the list of addresses that the cluster allows; and that the cluster is up",
    ),
  ],
  [
    /no route to host|network is unreachable/,
    unreachable(
      ({ url }) => `there is no way to the API server's address ${url}`,
      "connect to the network it is in (VPN), or check the address in the kubeconfig",
    ),
  ],
  [
    /connection reset|EOF/,
    unreachable(
      ({ url }) => `the connection to the API server at ${url} is cut`,
      "see that the cluster is up, and that no proxy or firewall cuts the connection",
    ),
  ],
]
