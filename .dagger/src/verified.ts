import { Container, Directory, func, object, Secret, Service } from "@dagger.io/dagger"

import { decodeConfig } from "./config/codec.js"
import { assertPush } from "./push/arguments.js"
import { attachEvidence } from "./push/attach.js"
import { publishImages, type VerifiedImages } from "./push/publish.js"
import { Pushed } from "./pushed.js"
import { parseRegistry } from "./registry/reference.js"
import { Verification } from "./verification.js"
import { decodeFacts, encodeFacts } from "./verify/facts.js"

/** Both images, verified: the only thing that can be pushed. */
@object()
export class Verified {
  private source: Directory
  private settings: string
  private backendContainer: Container
  private frontendContainer: Container
  private facts: string

  constructor(source: Directory, settings: string, backend: Container, frontend: Container, facts: string) {
    this.source = source
    this.settings = settings
    this.backendContainer = backend
    this.frontendContainer = frontend
    this.facts = facts
  }

  /**
   * Push both images, tagged by the content of the source, and refer to them by digest from here on. To each are attached
   * its SBOM and an in-toto statement of how it came about, as referrers; with a key, image and statement are signed.
   *
   * @param registry Host and path the images go to, for example ghcr.io/acme; /<name>-backend and /<name>-frontend are appended.
   * @param username User name for the registry. Default: no authentication.
   * @param password Password or token for the registry, for example env:REGISTRY_TOKEN.
   * @param registryService The registry, where its address (localhost:PORT) does not lead there from a container, for example tcp://127.0.0.1:5000.
   * @param signingKey Private key to sign with, as `cosign generate-key-pair` writes it, for example file:cosign.key. Default: nothing is signed.
   * @param signingPassword Password of the signing key, for example env:COSIGN_PASSWORD. Default: an empty one.
   */
  @func({ cache: "never" })
  async push(
    registry: string,
    username?: string,
    password?: Secret,
    registryService?: Service,
    signingKey?: Secret,
    signingPassword?: Secret,
  ): Promise<Pushed> {
    const access = { username, password, service: registryService }
    const to = parseRegistry(registry)
    const key = assertPush(to, access, signingKey, signingPassword)
    const images = this.images()
    const references = await publishImages(images, to.prefix, access)
    const attached = await attachEvidence(images, references, access, key)
    return new Pushed(
      this.source,
      this.settings,
      references.backend,
      references.frontend,
      attached,
      username,
      password,
      registryService,
    )
  }

  /** What was found out about each image, and about their source. */
  @func()
  verifications(): Verification[] {
    const rows = decodeFacts(this.facts)
    return ["backend", "frontend", "source"].map(
      name => new Verification(encodeFacts(rows.filter(row => row.image === name))),
    )
  }

  /** The facts of both images, as a table. */
  @func()
  summary(): string {
    return new Verification(this.facts).summary()
  }

  /** What a step inside this module needs of them. */
  images(): VerifiedImages {
    const config = decodeConfig(this.settings)
    const facts = decodeFacts(this.facts)
    return { source: this.source, config, backend: this.backendContainer, frontend: this.frontendContainer, facts }
  }
}
