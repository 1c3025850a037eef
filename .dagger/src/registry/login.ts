/** Who may pull from a registry, or push to it. */
export interface RegistryLogin {
  /** For example ghcr.io or localhost:5000. */
  host: string
  username: string
  password: string
}

/** The key of Docker Hub in Docker's configuration. */
const HUB = "https://index.docker.io/v1/"

/** A login in Docker's own format, which tools, kubelets and container runtimes read. */
export function dockerConfig({ host, username, password }: RegistryLogin): string {
  const auth = Buffer.from(`${username}:${password}`).toString("base64")
  return JSON.stringify({ auths: { [host === "docker.io" ? HUB : host]: { username, password, auth } } })
}
