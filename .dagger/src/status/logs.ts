import type { Kubectl } from "../kubernetes/kubectl.js"
import { secretValues } from "../kubernetes/secret-values.js"
import { messageOf } from "../util/errors.js"
import { printable } from "../util/printable.js"
import { redact, type Redactor } from "../util/redact.js"
import { failingContainer } from "./describe.js"
import type { Of } from "./snapshot.js"

/** Lines of a log that an error shows. */
const LINES = "25"

/** The last lines that a container wrote, without the values of Secrets. Read over the API: no command prints them. */
async function lastLines(
  kubectl: Kubectl,
  pod: Of<"Pod">,
  redactor: Redactor,
  options: Record<string, string>,
): Promise<string> {
  try {
    const others = await secretValues(kubectl, unknownSecrets(pod, redactor))
    const values = [...redactor.values, ...redactor.redactable(others)]
    const log = await (await kubectl.api()).log(pod.metadata.name, { ...options, tailLines: LINES })
    return printable((log ?? "").trim(), text => redact(text, values))
  } catch (error) {
    return redactor.redact(`(not shown, since it cannot be redacted: ${messageOf(error)})`)
  }
}

/** The last lines that each container of a pod wrote; where `own` says which its manifest has, of those that were injected none. */
export async function lastLogs(kubectl: Kubectl, pod: Of<"Pod">, redactor: Redactor, own: string[]): Promise<string> {
  const names = pod.status.containerStatuses
    .map(({ name }) => name)
    .filter(name => own.length === 0 || own.includes(name))
  const logs = await Promise.all(names.map(container => lastLines(kubectl, pod, redactor, { container })))
  return logs.filter(Boolean).join("\n")
}

/**
 * The last lines of the container of a pod that failed, `known` where it is known; undefined where none has ever run.
 */
export async function failingLogs(
  kubectl: Kubectl,
  pod: Of<"Pod">,
  redactor: Redactor,
  known?: string,
): Promise<string | undefined> {
  const container = failingContainer(pod, known)
  if (!container) return undefined
  const options = { container: container.name, ...(container.previous && { previous: "true" }) }
  const text = await lastLines(kubectl, pod, redactor, options)
  return `last log lines of ${pod.metadata.name}, container ${container.name}:\n${text || "(it wrote nothing)"}`
}

/** The Secrets of a pod whose values were not given to this deployment; its own one is called by its content. */
export function unknownSecrets(pod: Of<"Pod">, redactor: Redactor): string[] {
  return pod.spec.secrets.filter(name => !redactor.knows(name))
}
