import { Container, Directory, func, object, Secret, Service } from "@dagger.io/dagger"

import { decodeConfig } from "./config/codec.js"
import { connect } from "./kubernetes/connect.js"
import { reportFolder } from "./report/files.js"
import { readReport } from "./report/storage.js"
import { type Settings, targetOf } from "./settings.js"

/** A deployment that succeeded. */
@object()
export class Deployment implements Settings {
  /** What "deploy" prints. */
  @func()
  summary: string

  /** The image of the backend, by digest. */
  @func()
  backendRef: string

  /** The image of the frontend, by digest. */
  @func()
  frontendRef: string

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
  publicUrl?: string
  timeout!: string

  private config: string
  private began: string

  constructor(config: string, backendRef: string, frontendRef: string, url: string, summary: string, began: string) {
    this.config = config
    this.backendRef = backendRef
    this.frontendRef = frontendRef
    this.url = url
    this.summary = summary
    this.began = began
  }

  /** Its report.json, report.md and availability.svg. Requires a kubeconfig: an ephemeral cluster is gone by now. */
  @func({ cache: "never" })
  async report(): Promise<Directory> {
    const config = decodeConfig(this.config)
    const kubectl = await connect(targetOf(this), config)
    return reportFolder(await readReport(kubectl, config, { earliest: new Date(this.began) }))
  }
}
