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
} from "@dagger.io/dagger"

import { Built } from "./built.js"
import { encodeConfig } from "./config/codec.js"
import { configOf, readConfig } from "./config/read.js"
import { rollBack } from "./deploy/deploy.js"
import { completeForEphemeral, deployEphemeral, previewEphemeral } from "./ephemeral/deploy.js"
import { runGate } from "./gate/run.js"
import { Image } from "./image.js"
import { connect } from "./kubernetes/connect.js"
import { checkAll } from "./manifests/load.js"
import { preflight } from "./preflight/preflight.js"
import { releaseImages } from "./push/adopt.js"
import { assertPush, assertSigned } from "./push/arguments.js"
import { namesOf, NOT_PUSHED } from "./push/publish.js"
import { Pushed } from "./pushed.js"
import { assertAccess } from "./registry/access.js"
import { parseReference, parseRegistry } from "./registry/reference.js"
import { assertKubeconfig, loginOf, parseTime } from "./release/arguments.js"
import { readInputs } from "./release/inputs.js"
import { filesOf } from "./report/files.js"
import { readReport } from "./report/storage.js"
import { withMissingParts } from "./scaffold.js"
import { Tested } from "./tested.js"
import { CloudNativeError } from "./util/errors.js"
import { assertReadable } from "./util/secret.js"
import { parseDuration } from "./util/time.js"
import { Verification } from "./verification.js"
import { encodeFacts } from "./verify/facts.js"
import { assertNoLeaks, leaksInCommit, leaksInSource } from "./verify/secrets/gitleaks.js"
import { verifyContainer } from "./verify/verify.js"

/**
 * From source to a verified, running Kubernetes deployment: a FastAPI backend and a Next.js frontend.
 *
 * test → buildBackend / buildFrontend → verifyImage → push → deploy. Each function first runs what must come
 * before it; tests that do not all pass stop the chain before anything is built.
 */
@object()
export class CloudNative {
  private source: Directory
  private config?: File

  /**
   * @param source The repository: both applications, docker/ and k8s/; without `*.env` at its root, `*.kubeconfig` and `cosign.key`. Default: the repository the module is called in.
   * @param config The configuration. Default: cloud-native.yaml at the source's root, or conventions where there is none.
   */
  constructor(
    @argument({
      defaultPath: "/",
      ignore: [
        ".git",
        ".dagger",
        "**/node_modules",
        "**/.venv",
        "**/.next",
        "**/__pycache__",
        "**/.env",
        "**/.env.local",
        // What commands write that are given to the module. Deeper down, an .env may be a kustomization's.
        "*.env",
        "**/*.kubeconfig",
        "**/cosign.key",
      ],
    })
    source: Directory,
    config?: File,
  ) {
    this.source = source
    this.config = config
  }

  /**
   * Run both test suites in parallel. Fails unless each ran at least one test and all of them passed,
   * naming the tests that did not, or the runner that crashed, hung or wrote no JUnit report.
   */
  @func()
  async test(): Promise<Tested> {
    const config = await readConfig(this.source, this.config)
    const gate = await runGate(this.source, config)
    return new Tested(this.source, encodeConfig(config), gate.summary, gate.junit)
  }

  /**
   * Build both images in parallel, behind the gate. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: a label of the images and part of their statements. The same source then has other digests for another commit. Default: none.
   */
  @func({ cache: "session" })
  async build(revision?: string): Promise<Built> {
    return (await this.test()).build(revision)
  }

  /**
   * Build the backend's image, behind the gate. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: a label of the images and part of their statements. The same source then has other digests for another commit. Default: none.
   */
  @func({ cache: "session" })
  async buildBackend(revision?: string): Promise<Image> {
    return (await this.test()).buildBackend(revision)
  }

  /**
   * Build the frontend's image, behind the gate. Fails with the failing step and its output.
   *
   * @param revision Commit of the source, for example $GITHUB_SHA: a label of the images and part of their statements. The same source then has other digests for another commit. Default: none.
   */
  @func({ cache: "session" })
  async buildFrontend(revision?: string): Promise<Image> {
    return (await this.test()).buildFrontend(revision)
  }

  /**
   * Verify an image: its size, base and layers, user and rights, secrets in it, how it starts and stops when it runs
   * confined as in Kubernetes, what it is made of, its known vulnerabilities. Without an image, both of the source are built,
   * behind the gate, and verified with their source. All facts are evaluated; `summary` fails when one of them does, `json` never.
   *
   * @param image Anybody's image, for example ghcr.io/acme/api:1.2. Default: both images of the source.
   * @param base The image it must be built on, for example python:3.13-slim. Default: any; then all of its layers are searched for secrets, and none is known to be its own.
   * @param health Path that answers as long as the image runs, for example /health. Default: the image is not run.
   * @param port Port that it listens on. Default: the one that it exposes.
   * @param inFlight Path of a POST whose body it reads: a request is held in flight there while it is told to stop. Default: the path of health.
   * @param scanner An image that takes the arguments of grype and has or reaches its database, to find known vulnerabilities. Default: they are not checked.
   * @param secrets Secrets whose values must not be in an image, for example env:TOKEN. Default: none.
   */
  @func({ cache: "never" })
  async verifyImage(
    image?: Container,
    base?: string,
    health?: string,
    port?: number,
    inFlight?: string,
    scanner?: Container,
    secrets?: Secret[],
  ): Promise<Verification> {
    if (!image) return new Verification(await (await this.build()).facts({ scanner, secrets }))
    const config = await configOf(this.source, this.config)
    const subject = { name: "image", base, endpoint: health ? { health, port, inFlight } : undefined, pod: {} }
    return new Verification(
      encodeFacts(await verifyContainer(image, subject, { scanner, secrets, source: this.source }, config)),
    )
  }

  /**
   * Test, build, verify, then push both images. Fails before the push when anything before it does. To each image are attached
   * its SBOM and an in-toto statement of how it came about, as referrers; with a key, image and statement are signed.
   *
   * @param registry Host and path the images go to, for example ghcr.io/acme; /<name>-backend and /<name>-frontend are appended.
   * @param username User name for the registry. Default: no authentication.
   * @param password Password or token for the registry, for example env:REGISTRY_TOKEN.
   * @param registryService The registry, where its address (localhost:PORT) does not lead there from a container, for example tcp://127.0.0.1:5000.
   * @param signingKey Private key to sign with, as `cosign generate-key-pair` writes it, for example file:cosign.key. Default: nothing is signed.
   * @param signingPassword Password of the signing key, for example env:COSIGN_PASSWORD. Default: an empty one.
   * @param scanner An image that takes the arguments of grype and has or reaches its database, to find known vulnerabilities. Default: they are not checked.
   * @param revision Commit of the source, for example $GITHUB_SHA: a label of the images and part of their statements. The same source then has other digests for another commit. Default: none.
   */
  @func({ cache: "never" })
  async push(
    registry: string,
    username?: string,
    password?: Secret,
    registryService?: Service,
    signingKey?: Secret,
    signingPassword?: Secret,
    scanner?: Container,
    revision?: string,
  ): Promise<Pushed> {
    assertPush(parseRegistry(registry), { username, password, service: registryService }, signingKey, signingPassword)
    const given = await assertReadable({
      "--password": password,
      "--signing-key": signingKey,
      "--signing-password": signingPassword,
    })
    const verified = await (await this.build(revision)).verifyImage(scanner, given)
    return verified.push(registry, username, password, registryService, signingKey, signingPassword)
  }

  /**
   * Test, build, verify, push and deploy; answers with the deployment's summary.
   *
   * While the release rolls out, the monitor sends requests as users do; a deployment that fails, also for one request
   * that was not answered as it must be, is rolled back to the release before, or removed where it was the first. Where
   * something of these names ran that has no record, what was applied stays.
   *
   * Without a kubeconfig, a Kubernetes cluster is brought up for this call, with the backing services of the config
   * and, without a registry argument, a registry; the release is deployed, the handshake proven, and the release
   * rolled once more.
   *
   * @param registry Host and path the images go to, for example ghcr.io/acme. Needed with a kubeconfig.
   * @param username User name for the registry. Default: no authentication.
   * @param password Password or token for the registry, for example env:REGISTRY_TOKEN.
   * @param registryService The registry, where its address (localhost:PORT) does not lead there from a container, for example tcp://127.0.0.1:5000.
   * @param signingKey Private key to sign with, as `cosign generate-key-pair` writes it, for example file:cosign.key. Default: nothing is signed.
   * @param signingPassword Password of the signing key, for example env:COSIGN_PASSWORD. Default: an empty one.
   * @param kubeconfig Access to the cluster, for example file:$HOME/.kube/config. Default: an ephemeral cluster.
   * @param context Context of the kubeconfig. Default: its current one. Only with a kubeconfig.
   * @param namespace Namespace to deploy to; it must exist. Default: that of the config. Only with a kubeconfig.
   * @param apiServer The API server, where the kubeconfig's own address does not lead there from a container, for example tcp://127.0.0.1:6443.
   * @param manifests Folder of Kubernetes manifests. Default: that of the config, k8s/ of the source.
   * @param overlay Folder inside the manifests whose kustomization is deployed, for example overlays/production. Default: the manifests themselves.
   * @param secrets The applications' secrets as one dotenv file, for example file:prod.env. Default: the Secret is in the namespace already.
   * @param publicUrl Address the users open, for example https://shop.example.com. Default: that of the config.
   * @param createPullSecret Let the nodes pull with --username and --password, kept as a Secret of the release; they have to be good for as long as it runs. Always done on an ephemeral cluster.
   * @param handshake Prove the config's handshake after the rollout; it writes to the application. Always done on an ephemeral cluster.
   * @param keepFailed Leave a first deployment that fails as it is, to look at it, instead of removing it.
   * @param timeout Longest wait for the migrations, and again for the rollout, for example 90s, 10m or 1h.
   * @param scanner An image that takes the arguments of grype and has or reaches its database, to find known vulnerabilities. Default: they are not checked.
   * @param revision Commit of the source, for example $GITHUB_SHA: a label of the images and part of their statements. The same source then has other digests for another commit. Default: none.
   */
  @func({ cache: "never" })
  async deploy(
    registry?: string,
    username?: string,
    password?: Secret,
    registryService?: Service,
    signingKey?: Secret,
    signingPassword?: Secret,
    kubeconfig?: Secret,
    context?: string,
    namespace?: string,
    apiServer?: Service,
    manifests?: Directory,
    overlay?: string,
    secrets?: Secret,
    publicUrl?: string,
    createPullSecret: boolean = false,
    handshake: boolean = false,
    keepFailed: boolean = false,
    timeout: string = "10m",
    scanner?: Container,
    revision?: string,
  ): Promise<string> {
    assertKubeconfig({ kubeconfig, context, namespace, apiServer })
    if (kubeconfig && !registry) throw registryNeeded()
    const options = { handshake, keepFailed, timeout: parseDuration(timeout) }
    const access = { username, password, service: registryService }
    const to = registry ? parseRegistry(registry) : undefined
    const key = to && assertPush(to, access, signingKey, signingPassword)
    const given = await assertReadable({
      "--password": password,
      "--signing-key": signingKey,
      "--signing-password": signingPassword,
      "--secrets": secrets,
      "--kubeconfig": kubeconfig,
    })
    const config = await readConfig(this.source, this.config)
    if (to) assertSigned(config.policy.publicKey, key)
    const registryLogin = createPullSecret ? await loginOf(to?.host, username, password) : undefined
    const read = readInputs(this.source, config, { manifests, overlay, secrets, registryLogin, publicUrl })
    const { inputs, kubectl } = kubeconfig
      ? await preflight({ kubeconfig, context, namespace, apiServer }, config, read, namesOf(to!.prefix, config.name))
      : {
          inputs: await completeForEphemeral(read, to && { host: to.host, access }),
          kubectl: undefined,
        }
    const tested = await this.test()
    const verified = await (await tested.build(revision)).verifyImage(scanner, given)
    const deployment = async () => {
      if (!registry) return deployEphemeral(verified.images(), inputs, options)
      const pushed = await verified.push(registry, username, password, registryService, signingKey, signingPassword)
      return pushed.bring(inputs, options, kubectl)
    }
    return [tested.summary(), verified.summary(), await deployment()].join("\n\n")
  }

  /**
   * Take images from elsewhere as if they had been pushed here, for example to promote what runs in one environment to the
   * next: `release --backend=… --frontend=… deploy --kubeconfig=…`. They are referred to by the digests they have now, held
   * against the policy of the config, and verified as verifyImage does. Fails when one of them is not as it has to be.
   *
   * @param backend The backend's image, by tag or digest, for example ghcr.io/acme/shop-backend:1.2.
   * @param frontend The frontend's image, by tag or digest.
   * @param username User name for the registry. Default: no authentication.
   * @param password Password or token for the registry, for example env:REGISTRY_TOKEN.
   * @param registryService The registry, where its address (localhost:PORT) does not lead there from a container, for example tcp://127.0.0.1:5000.
   * @param scanner An image that takes the arguments of grype and has or reaches its database, to find known vulnerabilities. Default: they are not checked.
   */
  @func({ cache: "never" })
  async release(
    backend: string,
    frontend: string,
    username?: string,
    password?: Secret,
    registryService?: Service,
    scanner?: Container,
  ): Promise<Pushed> {
    const access = { username, password, service: registryService }
    for (const reference of [backend, frontend]) assertAccess(access, parseReference(reference).host)
    const config = await readConfig(this.source, this.config)
    const images = await releaseImages(this.source, config, { backend, frontend }, access, scanner)
    return new Pushed(
      this.source,
      encodeConfig(config),
      images.backend,
      images.frontend,
      "",
      username,
      password,
      registryService,
    )
  }

  /**
   * Show what a deployment would change or delete, object by object, and change nothing: rendered, validated on the server,
   * values of Secrets hidden. Nothing is built or pushed either: the images appear as <new>.
   *
   * @param kubeconfig Access to the cluster, for example file:$HOME/.kube/config.
   * @param context Context of the kubeconfig. Default: its current one.
   * @param namespace Namespace to deploy to; it must exist. Default: that of the config.
   * @param apiServer The API server, where the kubeconfig's own address does not lead there from a container, for example tcp://127.0.0.1:6443.
   * @param manifests Folder of Kubernetes manifests. Default: that of the config, k8s/ of the source.
   * @param overlay Folder inside the manifests whose kustomization is deployed, for example overlays/production. Default: the manifests themselves.
   * @param secrets The applications' secrets as one dotenv file, for example file:prod.env. Default: the Secret is in the namespace already.
   * @param publicUrl Address the users open, for example https://shop.example.com. Default: that of the config.
   */
  @func({ cache: "never" })
  async plan(
    kubeconfig: Secret,
    context?: string,
    namespace?: string,
    apiServer?: Service,
    manifests?: Directory,
    overlay?: string,
    secrets?: Secret,
    publicUrl?: string,
  ): Promise<string> {
    const config = await readConfig(this.source, this.config)
    return new Pushed(this.source, encodeConfig(config), NOT_PUSHED, NOT_PUSHED, "").plan(
      kubeconfig,
      context,
      namespace,
      apiServer,
      manifests,
      overlay,
      secrets,
      publicUrl,
    )
  }

  /**
   * Go back to a release that ran before, with its manifests, configuration and Secrets, watched and proven like a
   * deployment. Migrations stay. Answers with the summary.
   *
   * @param kubeconfig Access to the cluster, for example file:$HOME/.kube/config.
   * @param context Context of the kubeconfig. Default: its current one.
   * @param namespace Namespace of the deployment. Default: that of the config.
   * @param apiServer The API server, where the kubeconfig's own address does not lead there from a container, for example tcp://127.0.0.1:6443.
   * @param to Id of the deployment to go back to, as its report has it. Default: the last that succeeded and is another than the present one.
   * @param timeout Longest wait for the rollout, for example 90s, 10m or 1h.
   */
  @func({ cache: "never" })
  async rollback(
    kubeconfig: Secret,
    context?: string,
    namespace?: string,
    apiServer?: Service,
    to?: string,
    timeout: string = "10m",
  ): Promise<string> {
    const config = await readConfig(this.source, this.config)
    return rollBack(
      await connect({ kubeconfig, context, namespace, apiServer }, config),
      config,
      parseDuration(timeout),
      to,
    )
  }

  /**
   * The report of a deployment, also of one that failed: report.json, report.md (for a job summary of GitHub Actions) and
   * availability.svg. The last ten are kept.
   *
   * @param kubeconfig Access to the cluster, for example file:$HOME/.kube/config.
   * @param context Context of the kubeconfig. Default: its current one.
   * @param namespace Namespace of the deployment. Default: that of the config.
   * @param apiServer The API server, where the kubeconfig's own address does not lead there from a container, for example tcp://127.0.0.1:6443.
   * @param id Id of the deployment. Default: the latest.
   * @param since Time in ISO 8601, for example 2026-11-24T16:45:00Z: the latest deployment must not have begun before it.
   */
  @func({ cache: "never" })
  async report(
    kubeconfig: Secret,
    context?: string,
    namespace?: string,
    apiServer?: Service,
    id?: string,
    since?: string,
  ): Promise<Directory> {
    const config = await readConfig(this.source, this.config)
    const earliest = since === undefined ? undefined : parseTime(since)
    const report = await readReport(await connect({ kubeconfig, context, namespace, apiServer }, config), config.name, {
      id,
      earliest,
    })
    return Object.entries(filesOf(report)).reduce(
      (folder, [name, content]) => folder.withNewFile(name, content),
      dag.directory(),
    )
  }

  /**
   * Deploy to an ephemeral cluster and serve the frontend: `dagger call preview up --ports 3000:3000`, then open
   * the address of the config's publicUrl. The cluster is gone when the command ends.
   */
  @func({ cache: "never" })
  async preview(): Promise<Service> {
    const inputs = await completeForEphemeral(readInputs(this.source, await readConfig(this.source, this.config)))
    const verified = await (await this.build()).verifyImage()
    return previewEphemeral(verified.images(), inputs)
  }

  /**
   * What this repository lacks for the module's conventions: Dockerfiles, Kubernetes manifests with an overlay for each
   * environment, cloud-native.yaml and a workflow for GitHub Actions, made for the two applications that are found by what they
   * depend on. What is there already, or has another place by cloud-native.yaml, is left as it is.
   *
   * @param backend Folder of the backend. Default: that of cloud-native.yaml, else the only one that depends on FastAPI.
   * @param frontend Folder of the frontend. Default: that of cloud-native.yaml, else the only one that depends on Next.js.
   */
  @func()
  async init(backend?: string, frontend?: string): Promise<Changeset> {
    const config = await configOf(this.source, this.config)
    const templates = dag.currentModule().source().directory("templates")
    const complete = await withMissingParts(this.source, templates, config, { backend, frontend })
    return complete.changes(this.source)
  }

  /** Check that all tests of both suites pass. */
  @func()
  @check()
  async checkTests(): Promise<void> {
    await this.test()
  }

  /** Check the Kubernetes manifests, and what their overlays make of them, against the rules of a safe rolling update; lists every violation. */
  @func()
  @check()
  async checkManifests(): Promise<void> {
    await checkAll(this.source, await readConfig(this.source, this.config))
  }

  /**
   * Check that the repository holds no secret, by the rules of gitleaks, or of a .gitleaks.toml at its root; .gitleaksignore makes
   * exceptions. Searched are the source, and what the last commit holds beyond it, such as a committed .env; not an .env that git
   * ignores. In a worktree or a submodule, and where there is no git, it is the source alone.
   *
   * @param repository The repository of the source, of which only .git is read; give it where you give --source. Default: the repository the module is called in.
   */
  @func()
  @check()
  async checkSecrets(@argument({ defaultPath: "/", ignore: ["*", "!.git"] }) repository: Directory): Promise<void> {
    const config = await configOf(this.source, this.config)
    const [inSource, inCommit] = await Promise.all([
      leaksInSource(this.source, config),
      leaksInCommit(repository, this.source, config),
    ])
    console.log(
      `secrets: searched: ${inCommit ? "the source and the last commit" : "the source alone, there is no .git directory"}`,
    )
    assertNoLeaks(inSource, inCommit)
  }
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
