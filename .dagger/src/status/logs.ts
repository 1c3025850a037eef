import type { Kubectl } from "../kubernetes/kubectl.js"
import { secretValues } from "../kubernetes/secret-values.js"
import { messageOf } from "../util/errors.js"
import { formsOf, redact, type Redactor } from "../util/redact.js"
import { failingContainer } from "./describe.js"
import type { Of } from "./snapshot.js"

/** The last lines that a pod wrote, without the values of Secrets, should it have written one. */
export async function lastLogs(
  kubectl: Kubectl,
  pod: Of<"Pod">,
  redactor: Redactor,
  flags = ["--all-containers"],
): Promise<string> {
  try {
    const values = [...redactor.values, ...(await secretValues(kubectl, unknownSecrets(pod, redactor)))]
    const hidden = [...new Set(values.flatMap(formsOf))]
    const { stdout, stderr } = await kubectl.runHiding(hidden, [
      "logs",
      `pod/${pod.metadata.name}`,
      ...flags,
      "--tail=25",
    ])
    return redact((stdout || stderr).trim(), values)
  } catch (error) {
    return redact(
      `(not shown, since the pod's Secrets could not be taken out of it: ${messageOf(error)})`,
      redactor.values,
    )
  }
}

/** What the container of a pod that fails wrote last; undefined where it has never run. */
export async function failingLogs(kubectl: Kubectl, pod: Of<"Pod">, redactor: Redactor): Promise<string | undefined> {
  const container = failingContainer(pod)
  if (!container) return undefined
  const flags = [`--container=${container.name}`, ...(container.previous ? ["--previous"] : [])]
  const text = await lastLogs(kubectl, pod, redactor, flags)
  return `last log lines of ${pod.metadata.name}, container ${container.name}:\n${text || "(it wrote nothing)"}`
}

/** The Secrets of a pod whose values were not given to this deployment; its own one is called by its content. */
export function unknownSecrets(pod: Of<"Pod">, redactor: Redactor): string[] {
  return pod.spec.secrets.filter(name => !redactor.knows(name))
}
