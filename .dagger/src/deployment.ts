import { Container, Directory, func, object, Secret, Service } from "@dagger.io/dagger"

import { assertApplication, byApplication } from "./config/applications.js"
import { decodeConfig } from "./config/codec.js"
import { connect } from "./kubernetes/connect.js"
import { closing } from "./kubernetes/kubectl.js"
import { reportFolder } from "./report/files.js"
import { readReport } from "./report/storage.js"
import { type Settings, targetOf } from "./settings.js"

/** A deployment that succeeded. */
@object()
export class Deployment implements Settings {
  /** What "deploy" prints. */
  @func()
  summary: string

  /** Address that users open. */
  @func()
  url: string

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
  private references: string[]
  private began: string

  constructor(config: string, references: string[], url: string, summary: string, began: string) {
    this.config = config
    this.references = references
    this.url = url
    this.summary = summary
    this.began = began
  }

  /** The image of the backend, by digest. */
  @func()
  backendRef(): string {
    return this.applicationRef("backend")
  }

  /** The image of the frontend, by digest. */
  @func()
  frontendRef(): string {
    return this.applicationRef("frontend")
  }

  /**
   * The image of one application, by digest.
   *
   * @param name Name of the application: backend, frontend, or a key of applications in cloud-native.yaml.
   */
  @func()
  applicationRef(name: string): string {
    const config = decodeConfig(this.config)
    assertApplication(name, config)
    return byApplication(config, this.references)[name]!
  }

  /** Its report.json, report.md, report.html and availability.svg. Requires a kubeconfig: an ephemeral cluster is gone by now. */
  @func({ cache: "never" })
  async report(): Promise<Directory> {
    const config = decodeConfig(this.config)
    const kubectl = await connect(targetOf(this), config)
    const earliest = new Date(this.began)
    return reportFolder(await closing(kubectl, () => readReport(kubectl, config, { earliest })))
  }
}
