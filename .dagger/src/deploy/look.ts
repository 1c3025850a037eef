import type { Snapshot } from "../status/snapshot.js"
import type { Starts } from "../status/startup.js"
import type { PodChange } from "../status/timeline.js"
import type { FailedRollout } from "./rollout-error.js"
import type { RolloutTask } from "./task.js"

/** What is known of a release that rolls out. */
export type Watched = Pick<
  RolloutTask,
  "config" | "recorded" | "options" | "redactor" | "applied" | "moments" | "isRollback"
>

/** What is collected while workloads are looked at, also where they fail. */
export interface Seen {
  /** Of pods that were not there before. */
  starts: Starts
  /** The pods of Deployments that come and go. */
  onChange: (change: PodChange) => void
}

/** One look at some of its workloads. */
export interface Look {
  /** How those that are not complete stand, as evidence. */
  waitingFor: string[]
  /** One that cannot succeed; unset while all of them may. */
  failed?: FailedRollout
  complete: boolean
}

/** Looks at the same workloads time after time, and prints what has changed. `now` is in milliseconds since 1970, by the cluster's clock. */
export type Lookout = (snapshot: Snapshot, now: number) => Look | Promise<Look>
