import {
  argument,
  Changeset,
  check,
  Container,
  dag,
  Directory,
  File,
  func,
  object,
  Secret,
  Service,
  Workspace,
} from "@dagger.io/dagger"

import { Built } from "./built.js"
import { assertApplication } from "./config/applications.js"
import { encodeConfig } from "./config/codec.js"
import { configOf, readConfig } from "./config/read.js"
import type { Config } from "./config/schema.js"
import { rollBack } from "./deploy/deploy.js"
import { completeForEphemeral, deployEphemeral, previewEphemeral } from "./ephemeral/deploy.js"
import { runGate } from "./gate/run.js"
import { Image } from "./image.js"
import { renderDiscovered } from "./init/render-chart.js"
import { connect } from "./kubernetes/connect.js"
import { closing } from "./kubernetes/kubectl.js"
import { checkAll } from "./manifests/load.js"
import { assertNotOwn, MODULE_FILE } from "./own.js"
import { preflight } from "./preflight/preflight.js"
import { assertRepositories } from "./preflight/repositories.js"
import { releaseImages } from "./push/adopt.js"
import { assertPush, assertSigned, parseImages } from "./push/arguments.js"
import { namesOf, notPushed } from "./push/publish.js"
import { Pushed } from "./pushed.js"
import { assertAccess } from "./registry/access.js"
import { parseReference, parseRegistry } from "./registry/reference.js"
import { assertKubeconfig, loginOf, parseTime } from "./release/arguments.js"
import { readInputs, renderRelease } from "./release/inputs.js"
import { reportFolder } from "./report/files.js"
import { readReport } from "./report/storage.js"
import { withMissingParts } from "./scaffold.js"
import {
  accessOf,
  accessToOf,
  assertNoPlainSecret,
  assertSecrets,
  buildSecretsOf,
  inputsOf,
  registryOf,
  secretsOf,
  type Settings,
  targetOf,
  withSettings,
} from "./settings.js"
import { Tested } from "./tested.js"
import { together } from "./util/collect-errors.js"
import { CloudNativeError } from "./util/errors.js"
import { quietly } from "./util/quietly.js"
import { parseDuration } from "./util/time.js"
import { Verification } from "./verification.js"
import { encodeFacts } from "./verify/facts.js"
import { encodeBuild } from "./verify/image/next-build.js"
import { leaksInCommit, leaksInSource } from "./verify/secrets/gitleaks.js"
import { assertNoLeaks } from "./verify/secrets/leaks.js"
import { verifyContainer } from "./verify/verify.js"

/** What no function reads as source: secrets by their names, and what tools make again. Deeper down, an .env may be a kustomization's. */
const LEFT_OUT = [
  ".git",
  ".dagger",
  "**/node_modules",
  "**/.venv",
  "**/.next",
  "**/__pycache__",
  "**/.env",
  "**/.env.local",
  "*.env",
  "**/*.kubeconfig",
  "**/cosign.key",
]

/**
 * From source to a verified, running Kubernetes deployment: a FastAPI backend and a Next.js frontend.
 *
 * test → buildBackend / buildFrontend → verifyImage → push → deploy. Each function first runs the steps before it; a failed
 * test stops the chain before anything is built. The arguments here are settings: a team sets them once, for all functions.
 */
@object()
export class CloudNative implements Settings {
  source: Directory
  registry?: string
  username?: string
  password?: Secret
  registryService?: Service
  signingKey?: Secret
  signingPassword?: Secret
  scanner?: Container
  kubeconfig?: Secret
  context?: string
  namespace?: string
  apiServer?: Service
  manifests?: Directory
  overlay?: string
  secrets?: Secret
  buildSecrets?: Secret
  createPullSecret: boolean
  publicUrl?: string
  timeout: string

  private config?: File
  /** What tells the caller's repository from this module's, where another source was given. */
  private caller?: Directory
  /** Whether the source is the caller's repository as a whole, whose last commit can be looked up. */
  private isWorkspace: boolean

  /**
   * @param ws The caller's repository. Dagger fills it in for the command line; a module passes the Workspace it was given.
   * @param source Folder with the applications, docker/ and k8s/. Default: the caller's repository, without what git ignores. Files named .env or .env.local, *.env at the root, *.kubeconfig and cosign.key are left out.
   * @param config Configuration file. Default: cloud-native.yaml at the root of the source, or the conventions if there is none.
   * @param registry Host and path to push to, for example ghcr.io/acme; /<name>-backend, /<name>-frontend and so on are appended. Required to push, and to deploy to a cluster.
   * @param username User name for the registry. Default: no authentication.
   * @param password Password or token for the registry, for example env:REGISTRY_TOKEN.
   * @param registryService Host service to reach the registry through, if containers cannot reach its address (localhost:PORT), for example tcp://127.0.0.1:5000.
   * @param signingKey Private key that signs the images, as written by "cosign generate-key-pair", for example env:COSIGN_PRIVATE_KEY. Default: images are not signed.
   * @param signingPassword Password of the signing key, for example env:COSIGN_PASSWORD. Default: empty.
   * @param scanner Image whose entrypoint takes the arguments of grype, with its database or access to it. Default: known vulnerabilities are not checked.
   * @param kubeconfig Access to the cluster, for example file:$HOME/.kube/config. Default: deploy uses an ephemeral cluster.
   * @param context Context of the kubeconfig. Default: its current context.
   * @param namespace Existing namespace of the deployment. Default: namespace of the configuration.
   * @param apiServer Host service to reach the API server through, if containers cannot reach the address in the kubeconfig, for example tcp://127.0.0.1:6443.
   * @param manifests Folder with Kubernetes manifests. Default: the folder in the configuration, k8s/ of the source.
   * @param overlay Folder inside the manifests whose kustomization is deployed, for example overlays/production. Default: the manifests themselves.
   * @param secrets Secrets of the applications as one dotenv file, for example file:$HOME/shop/prod.env. Default: the Secret exists in the namespace.
   * @param buildSecrets Secrets that the Dockerfiles mount (RUN --mount=type=secret), such as the token of a private package registry, as one dotenv file, for example file:$HOME/shop/build.env. Their keys are the ids, with _ for what a key cannot have. Default: none.
   * @param createPullSecret Let the nodes pull with the registry's user name and password, kept as a Secret of the release; they must stay valid while it runs. Always done on an ephemeral cluster.
   * @param publicUrl Address that users open, for example https://shop.example.com. Default: publicUrl of the configuration.
   * @param timeout Time limit of the migrations, and again of their trial in containers and of the rollout, for example 90s, 10m or 1h.
   */
  constructor(
    ws?: Workspace,
    @argument({ ignore: LEFT_OUT }) source?: Directory,
    config?: File,
    registry?: string,
    username?: string,
    password?: Secret,
    registryService?: Service,
    signingKey?: Secret,
    signingPassword?: Secret,
    scanner?: Container,
    kubeconfig?: Secret,
    context?: string,
    namespace?: string,
    apiServer?: Service,
    manifests?: Directory,
    overlay?: string,
    secrets?: Secret,
    buildSecrets?: Secret,
    createPullSecret: boolean = false,
    publicUrl?: string,
    timeout: string = "10m",
  ) {
    assertNoPlainSecret({ registry, username, context, namespace, overlay, publicUrl })
    this.source = sourceOf(ws, source)
    this.isWorkspace = !source
    this.caller = source && ws?.directory("/", { include: [MODULE_FILE] })
    this.config = config
    this.registry = registry
    this.username = username
    this.password = password
    this.registryService = registryService
    this.signingKey = signingKey
    this.signingPassword = signingPassword
    this.scanner = scanner
    this.kubeconfig = kubeconfig
    this.context = context
    this.namespace = namespace
    this.apiServer = apiServer
    this.manifests = manifests
    this.overlay = overlay
    this.secrets = secrets
    this.buildSecrets = buildSecrets
    this.createPullSecret = createPullSecret
    this.publicUrl = publicUrl
    this.timeout = timeout
  }

  /**
   * Run the test suites of all applications in parallel.
   *
   * Fails unless each suite ran at least one test and all tests passed; the error names the failed tests, or the runner that
   * crashed, hung or wrote no JUnit report.
   */
  @func()
  async test(): Promise<Tested> {
    const config = await this.readConfig()
    const gate = await runGate(this.source, config, await buildSecretsOf(this))
    return withSettings(new Tested(encodeConfig(config), gate.summary, gate.junit, gate.pinned), this)
  }

  /**
   * Build all images in parallel, after the tests. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: becomes a label of the images and part of their provenance, and so changes their digests. Default: none.
   */
  @func({ cache: "session" })
  async build(revision?: string): Promise<Built> {
    return (await this.test()).build(revision)
  }

  /**
   * Build the image of the backend, after the tests. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: becomes a label of the image, and so changes its digest. Default: none.
   */
  @func({ cache: "session" })
  async buildBackend(revision?: string): Promise<Image> {
    return (await this.test()).buildBackend(revision)
  }

  /**
   * Build the image of the frontend, after the tests. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: becomes a label of the image, and so changes its digest. Default: none.
   */
  @func({ cache: "session" })
  async buildFrontend(revision?: string): Promise<Image> {
    return (await this.test()).buildFrontend(revision)
  }

  /**
   * Build the image of one application, after the tests of all. Fails with the failing step and its output.
   *
   * @param name Name of the application: backend, frontend, or a key of applications in cloud-native.yaml.
   * @param revision Commit of the source, for example $GITHUB_SHA: becomes a label of the image, and so changes its digest. Default: none.
   */
  @func({ cache: "session" })
  async buildApplication(name: string, revision?: string): Promise<Image> {
    assertApplication(name, await this.readConfig())
    return (await this.test()).buildApplication(name, revision)
  }

  /**
   * Verify an image, or the images of the source.
   *
   * Checks size, base and layers, user and permissions, secrets in it, start and stop under the restrictions of Kubernetes,
   * SBOM and known vulnerabilities. Without an image, builds the images of the source after the tests, and verifies them and
   * the source. Runs every check; "summary" fails if any check fails, "json" does not.
   *
   * @param image Any image, for example ghcr.io/acme/api:1.2. Default: the images of the source.
   * @param base Image it must be built on, for example python:3.13-slim. Default: any base; then all layers are searched for secrets, since none is known to come from a base.
   * @param health Path that answers while the image runs, for example /health. Default: the image is not run.
   * @param port Port the image listens on. Default: the port it exposes.
   * @param inFlight Path of a POST whose body the image reads: one such request is in flight when the image is told to stop. Default: the path of health.
   * @param knownSecrets Further secrets whose values must not be in an image, for example env:TOKEN. The secrets among the settings are always searched for.
   */
  @func({ cache: "never" })
  async verifyImage(
    image?: Container,
    base?: string,
    health?: string,
    port?: number,
    inFlight?: string,
    knownSecrets?: Secret[],
  ): Promise<Verification> {
    if (!image) return new Verification(await (await this.test()).facts(knownSecrets))
    const config = await this.configOf()
    const subject = { name: "image", base, endpoint: health ? { health, port, inFlight } : undefined, pod: {} }
    const secrets = secretsOf(this, knownSecrets)
    const means = { scanner: this.scanner, secrets, source: this.source, accessTo: accessToOf(this) }
    return new Verification(encodeFacts(await verifyContainer(image, subject, means, config)))
  }

  /**
   * Test, build, verify, then push the images.
   *
   * Fails before the push if any of these fails. Attaches to each image its SBOM and an in-toto provenance statement as
   * referrers; with a signing key, signs image and statement. Requires a registry.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: becomes a label of the images and part of their provenance, and so changes their digests. Default: none.
   */
  @func({ cache: "never" })
  async push(revision?: string): Promise<Pushed> {
    const to = parseRegistry(registryOf(this))
    const access = await accessOf(this)
    assertPush(to, access, this.signingKey, this.signingPassword)
    await assertSecrets(this)
    await assertRepositories(to, await this.readConfig(), access)
    return (await (await this.test()).verified(revision)).push()
  }

  /**
   * Test, build, verify, push and deploy; returns the summary of the deployment.
   *
   * While the release rolls out, a monitor sends requests as users do. If the deployment fails, for example because of a
   * single unexpected answer, the previous release is restored and verified the same way; a first release is removed. Objects
   * of the same names that no release has recorded stay as applied.
   *
   * Without a kubeconfig, deploys to an ephemeral Kubernetes cluster with the backing services of the configuration and,
   * without a registry, an ephemeral registry; proves the handshake, then rolls the release once more.
   *
   * @param handshake Prove the configuration's handshake after the rollout; it writes to the application. Always done on an ephemeral cluster.
   * @param keepFailed Keep a first deployment that fails, for inspection, instead of removing it.
   * @param force Go through every phase even if nothing changes. Default: a release that was deployed last, is as it would be applied, and runs, is reported as unchanged.
   * @param takeOver Take over objects that belong to a Helm release or to another name of cloud-native.yaml, and remove the fields that others (Helm, kubectl, an operator) have set and that the manifests do not have, as plan lists them; a rollback does not restore them. Default: such objects are refused, such fields stay.
   * @param allowBreakingMigration Let migrations pass that break the running release, or fail, when they are tried in containers; a downtime is to be expected. Default: such a release is refused, and nothing is changed.
   * @param revision Commit of the source, for example $GITHUB_SHA: becomes a label of the images and part of their provenance, and so changes their digests. Default: none.
   */
  @func({ cache: "never" })
  async deploy(
    handshake: boolean = false,
    keepFailed: boolean = false,
    force: boolean = false,
    takeOver: boolean = false,
    allowBreakingMigration: boolean = false,
    revision?: string,
  ): Promise<string> {
    const { kubeconfig, registry } = this
    assertKubeconfig(this)
    if (kubeconfig && !registry) throw registryNeeded()
    const access = await accessOf(this)
    const to = registry ? parseRegistry(registry) : undefined
    const key = to && assertPush(to, access, this.signingKey, this.signingPassword)
    await assertSecrets(this)
    const config = await this.readConfig()
    if (to) assertSigned(config.policy.publicKey, key)
    const registryLogin = this.createPullSecret ? await loginOf(to?.host, access.username, access.password) : undefined
    const read = readInputs(this.source, config, { ...inputsOf(this, config), registryLogin })
    const [{ inputs, kubectl }] = await together(
      async () =>
        kubeconfig
          ? preflight(targetOf(this), config, read, namesOf(to!.prefix, config), { timeout: this.timeout, takeOver })
          : { inputs: await completeForEphemeral(read, to && { host: to.host, access }), kubectl: undefined },
      () => to && assertRepositories(to, config, access),
    )
    const timeout = parseDuration(this.timeout)
    const options = { handshake, keepFailed, force, takeOver, allowBreakingMigration, timeout }
    const tested = await this.test()
    const verified = await tested.verified(revision)
    const deployment = async () => {
      if (!registry) return deployEphemeral(verified.images(), inputs, options)
      return (await verified.push()).bring(inputs, options, kubectl)
    }
    return [tested.summary(), verified.summary(), await deployment()].join("\n\n")
  }

  /**
   * Take images that were built elsewhere, or that run in another environment, to deploy them.
   *
   * "release --backend=… --frontend=… deploy" resolves their digests, checks them against the policy of the configuration,
   * verifies them as verifyImage does, and deploys them. Fails if any check fails.
   *
   * @param backend Image of the backend, by tag or digest, for example ghcr.io/acme/shop-backend:1.2.
   * @param frontend Image of the frontend, by tag or digest.
   * @param applications Images of the other applications, for example worker=ghcr.io/acme/shop-worker:1.2.
   */
  @func({ cache: "never" })
  async release(backend: string, frontend: string, applications: string[] = []): Promise<Pushed> {
    const access = await accessOf(this)
    const config = await this.readConfig()
    const given = parseImages([`backend=${backend}`, `frontend=${frontend}`, ...applications], config)
    for (const reference of Object.values(given)) assertAccess(access, parseReference(reference).host)
    const means = { scanner: this.scanner, secrets: secretsOf(this) }
    const { images, frontendBuild } = await releaseImages(this.source, config, given, access, means)
    const pushed = new Pushed(encodeConfig(config), Object.values(images), "", encodeBuild(frontendBuild))
    return withSettings(pushed, this)
  }

  /**
   * Show what a deployment would change or delete, object by object.
   *
   * The release is rendered and validated by the API server, and nothing is changed; values of Secrets are hidden. Fields that
   * others have set on its objects are named with their manager. Nothing is built or pushed either: the images appear as <new>.
   * Requires a kubeconfig.
   */
  @func({ cache: "never" })
  async plan(): Promise<string> {
    const config = await this.readConfig()
    return withSettings(new Pushed(encodeConfig(config), Object.values(notPushed(config)), ""), this).plan()
  }

  /**
   * Roll back to an earlier release.
   *
   * Restores its manifests, configuration and Secrets, monitored and verified like a deployment. Migrations are not reversed.
   * Returns the summary. Requires a kubeconfig.
   *
   * @param to Id of a deployment, from its report. Default: the latest successful deployment before the current one.
   */
  @func({ cache: "never" })
  async rollback(to?: string): Promise<string> {
    const config = await this.readConfig()
    return rollBack(await connect(targetOf(this), config), config, parseDuration(this.timeout), to)
  }

  /**
   * The report of a deployment, successful or failed.
   *
   * Holds report.json, report.md (fits a job summary of GitHub Actions), availability.svg (requests, migrations, and a lane for
   * each pod) and report.html, one page with all of it. The cluster keeps the last ten reports. Of a deployment that was killed,
   * says when, at which step, and how the namespace stands now. Requires a kubeconfig.
   *
   * @param id Id of the deployment. Default: the latest.
   * @param since Time in ISO 8601, for example 2026-11-24T16:45:00Z: fails if the latest deployment began earlier.
   */
  @func({ cache: "never" })
  async report(id?: string, since?: string): Promise<Directory> {
    const config = await this.readConfig()
    const earliest = since === undefined ? undefined : parseTime(since)
    const kubectl = await connect(targetOf(this), config)
    return reportFolder(await closing(kubectl, () => readReport(kubectl, config, { id, earliest })))
  }

  /**
   * Deploy to an ephemeral cluster and serve the frontend.
   *
   * "dagger call preview up --ports 3000:3000", then open the address of the configuration's publicUrl. The cluster is removed
   * when the command ends.
   */
  @func({ cache: "never" })
  async preview(): Promise<Service> {
    const inputs = await completeForEphemeral(readInputs(this.source, await this.readConfig()))
    const verified = await (await this.test()).verified()
    return previewEphemeral(verified.images(), inputs)
  }

  /**
   * Add the files that a repository lacks for the module's conventions.
   *
   * Dockerfiles, Kubernetes manifests with an overlay for each environment, cloud-native.yaml and a workflow for GitHub
   * Actions, made for the two applications that are found by their dependencies. Existing files, and what cloud-native.yaml
   * places elsewhere, stay unchanged.
   *
   * @param backend Folder of the backend. Default: that of cloud-native.yaml, else the only one that depends on FastAPI; of several, none.
   * @param frontend Folder of the frontend. Default: that of cloud-native.yaml, else the only one that depends on Next.js; of several, none.
   */
  @func({ cache: "session" })
  async init(backend?: string, frontend?: string): Promise<Changeset> {
    const config = await this.configOf()
    const templates = dag.currentModule().source().directory("templates")
    const complete = await withMissingParts(this.source, templates, config, { backend, frontend }, chart =>
      renderDiscovered(this.source, chart, config),
    )
    return complete.changes(this.source)
  }

  /** Check that all tests of all suites pass. */
  @func()
  @check()
  async checkTests(): Promise<void> {
    await this.test()
  }

  /** Check that the images build and pass every check of verifyImage. */
  @func({ cache: "never" })
  @check()
  async checkImages(): Promise<void> {
    await (await this.test()).verified()
  }

  /** Check the manifests and every overlay against the rules of a safe rolling update. Lists every violation. */
  @func()
  @check()
  async checkManifests(): Promise<void> {
    await checkAll(this.source, await this.readConfig())
  }

  /** Check that manifests and settings render to a release; with a kubeconfig, that the cluster accepts it. */
  @func({ cache: "never" })
  @check()
  async checkPlan(): Promise<void> {
    if (this.kubeconfig) await this.plan()
    else {
      const config = await this.readConfig()
      renderRelease(
        await readInputs(this.source, config, inputsOf(this, config)),
        notPushed(config),
        this.namespace ?? config.namespace,
      )
    }
  }

  /**
   * Check that the repository holds no secret.
   *
   * By the rules of gitleaks or of a .gitleaks.toml at its root; .gitleaksignore makes exceptions. Searches the source, and
   * what the last commit has beyond it, such as a committed .env; not files that git ignores. In a worktree, a submodule, and
   * without git, searches the source alone.
   *
   * @param ws The caller's repository. Dagger fills it in for the command line; a module passes the Workspace it was given.
   * @param repository Git repository of the source, of which only .git is read. Default: the caller's repository, unless another source is given.
   */
  @func()
  @check()
  async checkSecrets(ws?: Workspace, @argument({ ignore: ["*", "!.git"] }) repository?: Directory): Promise<void> {
    const config = await this.configOf()
    const own = this.isWorkspace ? ws?.directory("/", { include: [".git"] }) : undefined
    const [inSource, inCommit] = await Promise.all([
      leaksInSource(this.source, config),
      leaksInCommit(repository ?? own ?? dag.directory(), this.source, config),
    ])
    console.log(
      `secrets: searched: ${inCommit ? "the source and the last commit" : "the source alone, there is no .git directory"}`,
    )
    assertNoLeaks(inSource, inCommit)
  }

  private readConfig(): Promise<Config> {
    return quietly("configuration", async () => {
      await this.assertSource()
      return readConfig(this.source, this.config, this.overlay)
    })
  }

  /** The configuration for what needs no application of the source. */
  private configOf(): Promise<Config> {
    return quietly("configuration", async () => {
      await this.assertSource()
      return configOf(this.source, this.config)
    })
  }

  private async assertSource(): Promise<void> {
    if (this.caller) await assertNotOwn(this.source, this.caller)
  }
}

/** The folder that is given; else the caller's repository. No default path: on Dagger 1.0, that is the module's own repository. */
function sourceOf(ws?: Workspace, source?: Directory): Directory {
  const found = source ?? ws?.directory("/", { exclude: LEFT_OUT, gitignore: true })
  if (found) return found
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: "there is no source: neither a Workspace nor a source was passed",
    why: "Dagger passes the caller's Workspace on the command line only; the module never falls back to its own repository",
    fix: "declare ws?: Workspace in the calling module, and pass it on: cloudNative({ ws }), or cloudNative({ ws, source })",
  })
}

function registryNeeded(): CloudNativeError {
  return new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: "--kubeconfig was given without --registry",
    why: "the cluster pulls the images from a registry that both it and this call can reach",
    fix: "add --registry=HOST/PATH, or leave --kubeconfig out to deploy to an ephemeral cluster",
  })
}
