import type { Source } from "../../e2e/source.ts"
import type { Namespace } from "../../faults/namespace.ts"
import type { Manifest } from "../manifests.ts"

/** A release as each tool wants it: as source, or as manifests with its images by digest. */
export interface Release {
  namespace: Namespace
  source: Source
  manifests: Manifest[]
}

/** How a call ended; moments in milliseconds since 1970. */
export interface Answer {
  isSuccess: boolean
  /** Whether it was no longer waited for. */
  isCapped: boolean
  verdictAt: number
  endedAt: number
  /** All that it printed. */
  said: string
  /** When the step deploy began, and what its monitor took in seconds; of this module alone. */
  stepAt?: number
  monitor?: number
}

export interface Tool {
  name: string
  label: string
  /** Whether a failed deployment of it goes back to the previous release. */
  goesBack: boolean
  deploy(release: Release): Promise<Answer>
  /** Go back by hand from a good release to the previous one, which is given. */
  back(previous: Release): Promise<Answer>
}

/** What peers run with. */
export interface Peers {
  env: NodeJS.ProcessEnv
  /** Where their manifests and charts are written. */
  folder: string
  /** Seconds that one call is waited for. */
  cap: number
}
