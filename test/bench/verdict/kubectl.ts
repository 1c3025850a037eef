import { writeFileSync } from "node:fs"
import { join } from "node:path"

import { stringify } from "yaml"

import type { Namespace } from "../../faults/namespace.ts"
import type { Manifest } from "../manifests.ts"
import { withDeadline } from "./cases.ts"
import { Session } from "./session.ts"
import type { Answer, Peers, Release, Tool } from "./tool.ts"

/** A tool that applies with kubectl, migrations first, and then waits in its own way. */
abstract class Applying implements Tool {
  abstract readonly name: string
  abstract readonly label: string
  abstract readonly goesBack: boolean

  constructor(
    private readonly program: string,
    private readonly peers: Peers,
  ) {}

  async deploy({ namespace, manifests }: Release): Promise<Answer> {
    const run = this.begin(namespace)
    const failed = await this.rollOut(run, this.prepare(manifests))
    if (failed) {
      run.session.fail()
      await this.undo(run, failed)
    }
    return run.session.answer()
  }

  abstract back(previous: Release): Promise<Answer>

  protected begin({ name }: Namespace): Run {
    return { session: new Session(this.peers), kubectl: [this.program, `--namespace=${name}`], namespace: name }
  }

  protected prepare(manifests: Manifest[]): Manifest[] {
    return manifests
  }

  /** The Jobs that have failed, once that is known; undefined where all are complete. */
  protected abstract awaitJobs(run: Run, jobs: Manifest[]): Promise<Manifest[] | undefined>

  /** The workloads that have failed, once that is known; undefined where all of them run. */
  protected abstract awaitWorkloads(run: Run, workloads: Manifest[]): Promise<Manifest[] | undefined>

  protected async undo(_run: Run, _failed: Manifest[]): Promise<void> {}

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
    const failed = await this.awaitJobs(run, jobs)
    if (failed) return failed
    return (await session.run([...kubectl, "apply", ofRest])) ? this.awaitWorkloads(run, rest.filter(isWorkload)) : []
  }

  private write(name: string, manifests: Manifest[]): string {
    const path = join(this.peers.folder, `${name}.yaml`)
    writeFileSync(path, manifests.map(manifest => stringify(manifest)).join("---\n"))
    return `--filename=${path}`
  }
}

/** A call under way, and how its kubectl begins. */
interface Run {
  session: Session
  kubectl: string[]
  namespace: string
}

const isJob = ({ kind }: Manifest) => kind === "Job"
const isWorkload = ({ kind }: Manifest) => kind === "Deployment" || kind === "StatefulSet"
const nameOf = ({ kind, metadata }: Manifest) => `${kind.toLowerCase()}/${metadata.name}`

/** kubectl in a script: as most write it, or as a careful one does, with a deadline and a rollback. */
export class Kubectl extends Applying {
  readonly name: string
  readonly label: string
  readonly goesBack: boolean
  private readonly timeout: string[]

  constructor(
    program: string,
    peers: Peers,
    private readonly deadline?: number,
  ) {
    super(program, peers)
    this.goesBack = deadline !== undefined
    this.timeout = deadline ? [`--timeout=${deadline}s`] : []
    this.name = deadline ? `kubectl-${deadline}s` : "kubectl"
    this.label = deadline
      ? `kubectl apply, wait, rollout status, rollout undo; progressDeadlineSeconds, activeDeadlineSeconds and --timeout of ${deadline} s`
      : "kubectl apply, wait, rollout status"
  }

  async back({ namespace, manifests }: Release): Promise<Answer> {
    const run = this.begin(namespace)
    const changed = manifests.filter(manifest => isWorkload(manifest) && manifest.metadata.name === "frontend")
    if (!(await this.rollBack(run, changed))) run.session.fail()
    return run.session.answer()
  }

  protected override prepare(manifests: Manifest[]): Manifest[] {
    return this.deadline ? withDeadline(manifests, this.deadline) : manifests
  }

  protected async awaitJobs({ session, kubectl }: Run, jobs: Manifest[]): Promise<Manifest[] | undefined> {
    const waits = (condition: string, signal?: AbortSignal) =>
      session.run([...kubectl, "wait", `--for=condition=${condition}`, ...jobs.map(nameOf), ...this.timeout], signal)
    if (!this.deadline) return (await waits("complete")) ? undefined : jobs
    const other = new AbortController()
    const complete = waits("complete", other.signal)
    const failed = waits("failed", other.signal).then(hasFailed => (hasFailed ? false : complete))
    const isComplete = await Promise.race([complete, failed])
    other.abort()
    return isComplete ? undefined : jobs
  }

  protected async awaitWorkloads({ session, kubectl }: Run, workloads: Manifest[]): Promise<Manifest[] | undefined> {
    for (const workload of workloads)
      if (!(await session.run([...kubectl, "rollout", "status", nameOf(workload), ...this.timeout]))) return [workload]
    return undefined
  }

  protected override async undo(run: Run, failed: Manifest[]): Promise<void> {
    if (this.deadline) await this.rollBack(run, failed.filter(isWorkload))
  }

  private async rollBack(run: Run, workloads: Manifest[]): Promise<boolean> {
    for (const workload of workloads) await run.session.run([...run.kubectl, "rollout", "undo", nameOf(workload)])
    return !(await this.awaitWorkloads(run, workloads))
  }
}

/** kubedog, the tracker that nelm waits with, by nelm's defaults; it goes back to nothing, since nelm does so on request only. */
export class Tracker extends Applying {
  readonly name = "kubedog"
  readonly label = "kubectl apply, then kubedog, the tracker of nelm"
  readonly goesBack = false

  constructor(
    program: string,
    peers: Peers,
    private readonly tracker: string,
  ) {
    super(program, peers)
  }

  back(previous: Release): Promise<Answer> {
    return this.deploy(previous)
  }

  protected awaitJobs(run: Run, jobs: Manifest[]): Promise<Manifest[] | undefined> {
    return this.track(run, jobs)
  }

  protected awaitWorkloads(run: Run, workloads: Manifest[]): Promise<Manifest[] | undefined> {
    return this.track(run, workloads)
  }

  private async track({ session, namespace }: Run, objects: Manifest[]): Promise<Manifest[] | undefined> {
    const watched = objects.map(object => `${object.kind}/${object.metadata.name}=${failuresAllowed(object)}`)
    return (await session.run([this.tracker, namespace, ...watched])) ? undefined : objects
  }
}

/** nelm's default for the errors of pods that it accepts: one for each replica, none of a Job. */
export function failuresAllowed({ kind, spec }: Manifest): number {
  return kind === "Job" ? 0 : (spec.replicas ?? 1)
}
