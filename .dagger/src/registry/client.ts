import { Container, dag, Secret } from "@dagger.io/dagger"

import { CloudNativeError, messageOf } from "../util/errors.js"
import { plaintextOf } from "../util/secret.js"
import { runTool } from "../util/tool.js"
import { uniqueValue } from "../util/unique.js"
import { outOfReach, type RegistryAccess } from "./access.js"
import { dockerConfig } from "./login.js"

/** Host name of a registry that is a service, in the containers of tools. */
const ALIAS = "registry"
const LOGIN_FOLDER = "/run/secrets/docker"
/** Seconds that one call of a tool may take. */
const TIMEOUT = 120

/** One registry, as tools in containers reach it: with its login, and at its address there. */
export class RegistryClient {
  private constructor(
    /** The registry, as references name it. */
    readonly host: string,
    private readonly address: string,
    private readonly access: RegistryAccess,
    private readonly login?: Secret,
  ) {}

  static async open(host: string, access: RegistryAccess): Promise<RegistryClient> {
    const unreachable = outOfReach(access, host)
    if (unreachable) throw new ToolFailed(-1, unreachable)
    const [port] = access.service ? await access.service.ports() : []
    const address = port ? `${ALIAS}:${await port.port()}` : host
    const { username, password } = access
    if (!username || !password) return new RegistryClient(host, address, access)
    const login = dockerConfig({ host: address, username, password: await plaintextOf(password, "--password") })
    return new RegistryClient(host, address, access, dag.setSecret(`registry-login-${uniqueValue()}`, login))
  }

  /** Whether it is spoken to without TLS. */
  get plainHttp(): boolean {
    return this.access.service !== undefined
  }

  /** The reference by which a tool finds an image. */
  seen(reference: string): string {
    return reference.replace(this.host, this.address)
  }

  /** Run a tool, its image's entrypoint; answers with what it printed, and throws unless it succeeds in time. */
  async run(tool: Container, args: string[]): Promise<string> {
    // As root: a mounted secret is root's to read. With the group, no image needs an /etc/passwd.
    const plain = tool.withUser("0:0").withEnvVariable("DOCKER_CONFIG", LOGIN_FOLDER)
    const loggedIn = this.login ? plain.withMountedSecret(`${LOGIN_FOLDER}/config.json`, this.login) : plain
    const bound = this.access.service ? loggedIn.withServiceBinding(ALIAS, this.access.service) : loggedIn
    const options = { name: args[0]!, uncached: true, useEntrypoint: true, timeout: TIMEOUT }
    const { exitCode, stdout, stderr } = await runTool(bound, args, options).catch((error: unknown) => ({
      exitCode: -1,
      stdout: "",
      stderr: isTimeout(error) ? `no answer within ${TIMEOUT} s` : messageOf(error),
    }))
    if (exitCode === 0) return stdout
    throw new ToolFailed(exitCode, stderr.trim() || stdout.trim())
  }
}

/** A tool ended with another code than 0, or (-1) did not run to its end. */
export class ToolFailed extends Error {
  constructor(
    readonly exitCode: number,
    /** What it said. */
    readonly output: string,
  ) {
    super(output)
  }
}

/** Whether a registry refused a manifest for what it is: one that knows no referrers. */
export function takesNoReferrers(error: unknown): boolean {
  if (!(error instanceof ToolFailed)) return false
  return /\/manifests\/\S*: response status code (400|405|406|415)\b|\b(manifest invalid|unsupported)\b/i.test(
    error.output,
  )
}

/** A tool's failure as an error of this module, with the tool's own words; any other error as it is. */
export function registryFailed(what: string, error: unknown): unknown {
  if (!(error instanceof ToolFailed)) return error
  return new CloudNativeError({
    code: "REGISTRY_FAILED",
    blame: "environment",
    what,
    why: error.output,
    fix: remedyOf(error.output),
    cause: error,
  })
}

/** The likeliest fix. */
export function remedyOf(output: string): string {
  if (/--registry-service=/.test(output)) return "add --registry-service as said above"
  if (/decryption failed/.test(output)) return "check --signing-password: it does not open --signing-key"
  if (/reading key|parsing private key|unsupported pem/i.test(output))
    return "check --signing-key: cosign cannot read it; `cosign generate-key-pair` makes one"
  if (refusesLogin(output)) return "check --username and --password, and what they may do in that repository"
  if (/not found|MANIFEST_UNKNOWN|NAME_UNKNOWN|\b404\b/i.test(output))
    return "check the reference: the registry has no such image"
  return "check the address, and that the registry is up and can be reached from this machine's containers"
}

/** Whether a registry said that the login is not good for what was asked, or that it needs one. */
export function refusesLogin(output: string): boolean {
  return /unauthorized|authentication required|credential|denied|\b40[13]\b/i.test(output)
}

function isTimeout(error: unknown): boolean {
  return error instanceof CloudNativeError && error.code === "TIMED_OUT"
}
