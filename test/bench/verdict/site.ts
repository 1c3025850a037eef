import { readFileSync } from "node:fs"
import { join } from "node:path"

import { stringify } from "yaml"

import { Source } from "../../e2e/source.ts"
import { makeFirst, makeNext } from "../../faults/case.ts"
import { Namespace } from "../../faults/namespace.ts"
import type { Lab } from "../../lab/lab.ts"
import { fill, type Manifest } from "../manifests.ts"
import type { Measurement } from "../schema.ts"
import type { Api } from "./api.ts"
import { type Case, manifestsFor, marked } from "./cases.ts"
import { askAboutGood, lookedAt, measure } from "./measure.ts"
import type { Observer } from "./observer.ts"
import type { Sighting } from "./timeline.ts"
import type { Release, Tool } from "./tool.ts"

const PATH = "k8s/app.yaml"

/** What all of a run shares. */
export interface Ground {
  lab: Lab
  api: Api
  observer: Observer
  /** The images of the minimal source, by application. */
  images: Record<string, string>
}

/** What the first release of a case depends on. */
type First = Pick<Case, "workload" | "edits" | "given">

const isPlain = ({ edits: { first, config }, given }: First) => given.length === 0 && !first && !config
const isSet = ({ workload }: First) => workload === "StatefulSet"

let sites = 0

/** A namespace with a good release, by one tool. */
export class Site {
  private constructor(
    private readonly ground: Ground,
    readonly tool: Tool,
    readonly namespace: Namespace,
    readonly sightings: readonly Sighting[],
    private readonly source: Source,
    private readonly first: First,
  ) {}

  /** Bring the first release of a case up, in a new namespace. */
  static async prepare(ground: Ground, tool: Tool, one: First): Promise<Site> {
    const name = `${tool.name}-${++sites}`
    const sightings = ground.observer.observe(name)
    const namespace = await Namespace.create(ground.lab, name)
    for (const args of one.given) await namespace.kubectl(...args)
    const source = makeFirst(Source.minimal(), one.edits)
    const site = new Site(ground, tool, namespace, sightings, source, one)
    const answer = await tool.deploy(site.release(manifestsFor(one.workload, site.text())))
    if (answer.isSuccess) return site
    await site.remove()
    throw new Error(`${name}: the first release did not come up: ${answer.said}`)
  }

  /** Whether it is one for this tool and case. */
  fits(tool: Tool, one: Case): boolean {
    return tool === this.tool && isPlain(this.first) && isPlain(one) && isSet(this.first) === isSet(one)
  }

  /** Give the tool the release that a case is about. `round` tells its pods from those of the same case in another round. */
  async measure(one: Case, round: number): Promise<Measurement> {
    const first = this.text()
    makeNext(this.source, one.edits)
    const manifests = marked(manifestsFor(one.workload, this.text(), first), one.target, String(round))
    const release = this.release(manifests)
    const deploy = () => this.tool.deploy(release)
    try {
      return await measure(
        this.ground.api,
        this.namespace.name,
        lookedAt(one, this.sightings, this.tool.name),
        ({ isSuccess, isCapped }) => one.kind === "fault" && !isSuccess && !isCapped && this.tool.goesBack,
        one.kind === "control" ? () => askAboutGood(one.name, this.tool, deploy) : deploy,
      )
    } finally {
      this.source.write(PATH, first)
    }
  }

  /** A release of these manifests: as source, with the applications' names for images; and with the images by digest. */
  release(manifests: Manifest[]): Release {
    const named = stringifyAll(manifests)
    const source = Source.minimal()
      .write("cloud-native.yaml", readFileSync(join(this.source.path, "cloud-native.yaml"), "utf8"))
      .write(PATH, named)
    return { namespace: this.namespace, source, manifests: fill(named, this.ground.images) }
  }

  text(): string {
    return readFileSync(join(this.source.path, PATH), "utf8")
  }

  async remove(): Promise<void> {
    await this.namespace.kubectl("delete", "namespace", this.namespace.name, "--wait=false")
    this.ground.observer.forget(this.namespace.name)
  }
}

function stringifyAll(manifests: Manifest[]): string {
  return manifests.map(manifest => stringify(manifest, { aliasDuplicateObjects: false })).join("---\n")
}
