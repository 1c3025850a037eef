import { setTimeout as delay } from "node:timers/promises"

import type { Api } from "./api.ts"
import type { Sighting } from "./timeline.ts"

const PATHS = [
  "/apis/apps/v1/deployments",
  "/apis/apps/v1/replicasets",
  "/apis/apps/v1/statefulsets",
  "/apis/batch/v1/jobs",
  "/api/v1/events",
  "/api/v1/pods",
  "/api/v1/services",
]

/** What the API server shows of the namespaces that are observed, whatever tool works there; by watches, so as it happens. */
export class Observer {
  private readonly stopping = new AbortController()
  private readonly sightings = new Map<string, Sighting[]>()
  private readonly watches: Promise<void[]>

  constructor(private readonly api: Api) {
    this.watches = Promise.all(PATHS.map(path => this.watch(path)))
  }

  /** Everything that is seen of a new namespace from now on, kept current until it is forgotten. */
  observe(namespace: string): readonly Sighting[] {
    const seen: Sighting[] = []
    this.sightings.set(namespace, seen)
    return seen
  }

  forget(namespace: string): void {
    this.sightings.delete(namespace)
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.watches
  }

  /** A watch that ends is taken up again: it begins with all that is there. */
  private async watch(path: string): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      await this.api.lines(`${path}?watch=1`, line => this.see(JSON.parse(line) as Omit<Sighting, "at">), signal)
      await delay(200, undefined, { signal }).catch(() => undefined)
    }
  }

  private see({ type, object }: Omit<Sighting, "at">): void {
    delete object.metadata?.managedFields
    this.sightings.get(object.metadata?.namespace)?.push({ at: Date.now(), type, object })
  }
}
