import { writeFileSync } from "node:fs"
import { join } from "node:path"

import { stringify } from "yaml"

import type { Namespace } from "../../faults/namespace.ts"
import type { Manifest } from "../manifests.ts"
import { withDeadline } from "./cases.ts"
import { Session } from "./session.ts"
import type { Answer, Peers, Release, Tool } from "./tool.ts"

/** A call under way, and how its kubectl begins. */
interface Run {
  session: Session
  kubectl: string[]
  namespace: string
}

const isJob = ({ kind }: Manifest) => kind === "Job"
const isWorkload = ({ kind }: Manifest) => kind === "Deployment" || kind === "StatefulSet"
const nameOf = ({ kind, metadata }: Manifest) => `${kind.toLowerCase()}/${metadata.name}`

/** kubectl in a script, migrations first: as most write it, or as a careful one does, with a deadline and a rollback. */
export class Kubectl implements Tool {
  readonly name: string
  readonly label: string
  readonly goesBack: boolean
  private readonly timeout: string[]

  constructor(
    private readonly program: string,
    private readonly peers: Peers,
    private readonly deadline?: number,
  ) {
    this.goesBack = deadline !== undefined
    this.timeout = deadline ? [`--timeout=${deadline}s`] : []
    this.name = deadline ? `kubectl-${deadline}s` : "kubectl"
    this.label = deadline
      ? `kubectl apply, wait, rollout status, rollout undo; progressDeadlineSeconds, activeDeadlineSeconds and --timeout of ${deadline} s`
      : "kubectl apply, wait, rollout status"
  }

  async deploy({ namespace, manifests }: Release): Promise<Answer> {
    const run = this.begin(namespace)
    const failed = await this.rollOut(run, this.deadline ? withDeadline(manifests, this.deadline) : manifests)
    if (failed) {
      run.session.fail()
      if (this.deadline) await this.rollBack(run, failed.filter(isWorkload))
    }
    return run.session.answer()
  }

  async back({ namespace, manifests }: Release): Promise<Answer> {
    const run = this.begin(namespace)
    const changed = manifests.filter(manifest => isWorkload(manifest) && manifest.metadata.name === "frontend")
    if (!(await this.rollBack(run, changed))) run.session.fail()
    return run.session.answer()
  }

  private begin({ name }: Namespace): Run {
    return { session: new Session(this.peers), kubectl: [this.program, `--namespace=${name}`], namespace: name }
  }

  /** What has failed, none of it if nothing could be applied; undefined where all of it runs. */
  private async rollOut(run: Run, manifests: Manifest[]): Promise<Manifest[] | undefined> {
    const { session, kubectl, namespace } = run
    const [jobs, rest] = [manifests.filter(isJob), manifests.filter(manifest => !isJob(manifest))]
    const [ofJobs, ofRest] = [this.write(`${namespace}-jobs`, jobs), this.write(`${namespace}-rest`, rest)]
    // A Job that has changed cannot be updated: it is made anew.
    const hasJobs =
      (await session.run([...kubectl, "apply", ofJobs])) ||
      (await session.run([...kubectl, "replace", "--force", ofJobs]))
    if (!hasJobs) return []
    if (!(await this.awaitJobs(run, jobs))) return jobs
    return (await session.run([...kubectl, "apply", ofRest])) ? this.awaitWorkloads(run, rest.filter(isWorkload)) : []
  }

  private write(name: string, manifests: Manifest[]): string {
    const path = join(this.peers.folder, `${name}.yaml`)
    writeFileSync(path, manifests.map(manifest => stringify(manifest)).join("---\n"))
    return `--filename=${path}`
  }

  /** Whether the Jobs complete. Only a careful script looks for their failure as well. */
  private async awaitJobs({ session, kubectl }: Run, jobs: Manifest[]): Promise<boolean> {
    const waits = (condition: string, signal?: AbortSignal) =>
      session.run([...kubectl, "wait", `--for=condition=${condition}`, ...jobs.map(nameOf), ...this.timeout], signal)
    if (!this.deadline) return waits("complete")
    const other = new AbortController()
    const complete = waits("complete", other.signal)
    const failed = waits("failed", other.signal).then(hasFailed => (hasFailed ? false : complete))
    const isComplete = await Promise.race([complete, failed])
    other.abort()
    return isComplete
  }

  /** The first workload whose rollout fails; undefined where all of them run. */
  private async awaitWorkloads({ session, kubectl }: Run, workloads: Manifest[]): Promise<Manifest[] | undefined> {
    for (const workload of workloads)
      if (!(await session.run([...kubectl, "rollout", "status", nameOf(workload), ...this.timeout]))) return [workload]
    return undefined
  }

  private async rollBack(run: Run, workloads: Manifest[]): Promise<boolean> {
    for (const workload of workloads) await run.session.run([...run.kubectl, "rollout", "undo", nameOf(workload)])
    return !(await this.awaitWorkloads(run, workloads))
  }
}
