import { dryRun, refusals } from "../kubernetes/dry-run.js"
import { dryRunTakenOver } from "../kubernetes/dry-run-taken-over.js"
import type { Answer, Kubectl } from "../kubernetes/kubectl.js"
import type { KubernetesObject, Release } from "../manifests/render.js"
import { together } from "../util/collect-errors.js"
import { CloudNativeError } from "../util/errors.js"
import { assertPodSecurity } from "./pod-security.js"

/**
 * Throw if the API server does not accept the manifests, whatever images they name: a field that is unknown, wrong or immutable, or a
 * pod that the namespace would refuse. `takeOver`: fields of others are removed first.
 */
export async function assertAccepted(
  kubectl: Kubectl,
  { config, migrations, objects }: Release,
  takeOver: boolean,
): Promise<void> {
  const all = [...config, ...migrations, ...objects]
  const { stderr } = await dryRun(kubectl, all)
  await together(
    () => assertNoRefusal(kubectl, all, refusals(stderr), takeOver),
    () => assertPodSecurity(kubectl, all, stderr),
  )
}

async function assertNoRefusal(
  kubectl: Kubectl,
  objects: KubernetesObject[],
  problems: string[],
  takeOver: boolean,
): Promise<void> {
  if (problems.length === 0) return
  const answers = await Promise.all(objects.map(object => afterTakeOver(kubectl, object)))
  const lasting = answers.flatMap(({ stderr }) => refusals(stderr))
  if (takeOver && lasting.length === 0) return
  throw new CloudNativeError({
    code: "MANIFESTS_INVALID",
    blame: "user",
    what: "the API server does not accept the manifests",
    why: (takeOver ? lasting : problems).join("\n"),
    fix: [
      "correct what it names; a field that is immutable needs another name for the object, or the object deleted beforehand",
      ...(lasting.length < problems.length
        ? ["what others have set on an object, as a probe's other handler, goes with deploy --take-over"]
        : []),
    ].join("; "),
  })
}

/** How the API server answers to an object, without the fields that others have set if it refuses it beside them. */
async function afterTakeOver(kubectl: Kubectl, object: KubernetesObject): Promise<Answer> {
  const answer = await dryRun(kubectl, [object])
  return refusals(answer.stderr).length === 0 ? answer : ((await dryRunTakenOver(kubectl, object)) ?? answer)
}
