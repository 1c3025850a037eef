import { timeOf } from "../util/time.js"
import type { Of } from "./snapshot.js"

/** A moment at which a pod of an application began to serve, or was gone. */
export interface PodChange {
  /** ISO 8601. */
  at: string
  application: string
  pod: string
  change: "ready" | "gone"
}

/** The pods of applications that come and go while a release rolls out. */
export class Timeline {
  private readonly serving = new Map<string, Set<string>>()

  /** `onChange` is told each change; what was ready before `since` (in milliseconds) did not come with this release. */
  constructor(
    private readonly onChange: (change: PodChange) => void,
    private readonly since: number,
  ) {}

  /** Ready is dated by the kubelet; of a pod that has gone nothing is left to tell when, so that is the moment it is missed. */
  record(application: string, pods: Of<"Pod">[], now: number): void {
    const serving = this.serving.get(application) ?? new Set()
    this.serving.set(application, serving)
    for (const pod of pods) {
      const { name } = pod.metadata
      const ready = pod.status.conditions.find(({ type, status }) => type === "Ready" && status === "True")
      if (!ready || serving.has(name)) continue
      serving.add(name)
      const at = timeOf(ready.lastTransitionTime) || now
      // The kubelet writes whole seconds.
      if (at + 1000 > this.since)
        this.onChange({ at: new Date(at).toISOString(), application, pod: name, change: "ready" })
    }
    const there = new Set(pods.map(pod => pod.metadata.name))
    for (const name of [...serving].filter(name => !there.has(name))) {
      serving.delete(name)
      this.onChange({ at: new Date(now).toISOString(), application, pod: name, change: "gone" })
    }
  }
}
