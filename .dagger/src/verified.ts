import { Container, Directory, func, object, Secret, Service } from "@dagger.io/dagger"

import { applicationsOf, byApplication } from "./config/applications.js"
import { decodeConfig } from "./config/codec.js"
import { assertPush } from "./push/arguments.js"
import { attachEvidence } from "./push/attach.js"
import { publishImages, type VerifiedImages } from "./push/publish.js"
import { Pushed } from "./pushed.js"
import { parseRegistry } from "./registry/reference.js"
import { accessOf, registryOf, type Settings, signingPasswordOf, withSettings } from "./settings.js"
import { Verification } from "./verification.js"
import { decodeFacts, encodeFacts } from "./verify/facts.js"
import { nextBuildOf } from "./verify/image/find-next-build.js"
import { encodeBuild } from "./verify/image/next-build.js"

/** The images, verified: the only thing that can be pushed. */
@object()
export class Verified implements Settings {
  source!: Directory
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
  createPullSecret!: boolean
  publicUrl?: string
  timeout!: string

  private config: string
  /** In the order of the applications. */
  private containers: Container[]
  private facts: string

  constructor(config: string, containers: Container[], facts: string) {
    this.config = config
    this.containers = containers
    this.facts = facts
  }

  /**
   * Push the images, tagged by the content of the source.
   *
   * From here on they are referred to by digest. Attaches to each image its SBOM and an in-toto provenance statement as
   * referrers; with a signing key, signs image and statement. Requires a registry.
   */
  @func({ cache: "never" })
  async push(): Promise<Pushed> {
    const to = parseRegistry(registryOf(this))
    const access = await accessOf(this)
    const key = assertPush(to, access, this.signingKey, await signingPasswordOf(this))
    const images = this.images()
    const references = await publishImages(images, to.prefix, access)
    const attached = await attachEvidence(images, references, access, key)
    const build = encodeBuild(await nextBuildOf(images.containers.frontend!))
    return withSettings(new Pushed(this.config, Object.values(references), attached, build), this)
  }

  /** The facts of each image, and of their source. */
  @func()
  verifications(): Verification[] {
    const rows = decodeFacts(this.facts)
    return [...Object.keys(applicationsOf(decodeConfig(this.config))), "source"].map(
      name => new Verification(encodeFacts(rows.filter(row => row.image === name))),
    )
  }

  /** The facts of the images, as a table. */
  @func()
  summary(): string {
    return new Verification(this.facts).summary()
  }

  /** The images as the steps inside this module take them. */
  images(): VerifiedImages {
    const config = decodeConfig(this.config)
    const containers = byApplication(config, this.containers)
    return { source: this.source, config, containers, facts: decodeFacts(this.facts) }
  }
}
