import { type Kubectl, list } from "../kubernetes/kubectl.js"
import { dependenciesOf, neededToStart } from "../manifests/dependencies.js"
import type { KubernetesObject } from "../manifests/render.js"
import { Starts } from "../status/startup.js"
import { takeSnapshot } from "../status/take-snapshot.js"
import type { ReportBuilder } from "./report-builder.js"
import type { RolloutTask } from "./task.js"
import { watchRollout } from "./watch.js"

/** A generation counts the changes of a spec; of the kinds that have none, what a Service and its endpoints say is compared. */
const VERSIONS = [
  "KIND:.kind",
  "NAME:.metadata.name",
  "GENERATION:.metadata.generation",
  "SPEC:.spec",
  "SUBSETS:.subsets",
  "ENDPOINTS:.endpoints",
]

/**
 * Bring up what the release's migrations may need, such as a database of the same manifests, and wait until it is ready; without
 * migrations, what the applications need when they start.
 */
export async function bringUpDependencies(
  task: RolloutTask,
  builder: ReportBuilder,
  signal: AbortSignal,
): Promise<void> {
  const {
    kubectl,
    recorded: { release, images },
  } = task
  const own = Object.values(images)
  const migrates = release.migrations.length > 0
  const objects = migrates ? dependenciesOf(release.objects, own) : neededToStart(release, own)
  if (objects.length === 0) return
  const whose = migrates ? "the migrations may need" : "the applications need when they start"
  console.log(`apply: ${objects.length} objects that ${whose}`)
  const [before, versions] = [await takeSnapshot(kubectl), await versionsOf(kubectl, objects)]
  builder.setChanged(true)
  await task.applied.apply(kubectl, objects)
  const workloads = release.workloads.filter(({ kind, name }) =>
    objects.some(object => object.kind === kind && object.metadata.name === name),
  )
  await watchRollout(
    kubectl,
    workloads,
    task,
    before,
    { starts: new Starts(before), onChange: builder.addPodChange },
    signal,
  )
  // What was there and has stayed as it was needs no way back.
  builder.setChanged(versions !== (await versionsOf(kubectl, objects)))
}

function versionsOf(kubectl: Kubectl, objects: KubernetesObject[]): Promise<string> {
  return kubectl.must(
    ["get", "--filename=-", "--ignore-not-found", "--no-headers", `--output=custom-columns=${VERSIONS.join(",")}`],
    list(objects),
  )
}
