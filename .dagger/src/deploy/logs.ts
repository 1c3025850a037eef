import { messageOf } from "../errors.js"
import { formsOf, redact } from "../redact.js"
import { failingContainer } from "./evidence.js"
import type { Kubectl } from "./kubectl.js"
import type { Plan } from "./plan.js"
import { secretValues } from "./secret-values.js"
import type { Of } from "./snapshot.js"

/** The last lines that a pod wrote, without the values of Secrets, should it have written one. */
export async function lastLogs(
  kubectl: Kubectl,
  pod: Of<"Pod">,
  plan: Plan,
  flags = ["--all-containers"],
): Promise<string> {
  const given = [...Object.values(plan.secrets ?? {}), ...(plan.registryLogin ? [plan.registryLogin.password] : [])]
  try {
    const values = [...given, ...(await secretValues(kubectl, unknownSecrets(pod, plan)))]
    const hidden = [...new Set(values.flatMap(formsOf))]
    const { stdout, stderr } = await kubectl.runHiding(hidden, [
      "logs",
      `pod/${pod.metadata.name}`,
      ...flags,
      "--tail=25",
    ])
    return redact((stdout || stderr).trim(), values)
  } catch (error) {
    return redact(`(not shown, since the pod's Secrets could not be taken out of it: ${messageOf(error)})`, given)
  }
}

/** What the container of a pod that fails wrote last; undefined where it has never run. */
export async function failingLogs(kubectl: Kubectl, pod: Of<"Pod">, plan: Plan): Promise<string | undefined> {
  const container = failingContainer(pod)
  if (!container) return undefined
  const flags = [`--container=${container.name}`, ...(container.previous ? ["--previous"] : [])]
  const text = await lastLogs(kubectl, pod, plan, flags)
  return `last log lines of ${pod.metadata.name}, container ${container.name}:\n${text || "(it wrote nothing)"}`
}

/** The Secrets of a pod whose values were not given to this deployment; its own one is called by its content. */
export function unknownSecrets(
  pod: Of<"Pod">,
  { secrets, config: { secretName } }: Pick<Plan, "secrets"> & { config: { secretName: string } },
): string[] {
  const names = [...new Set(pod.spec.secrets.split(" ").filter(Boolean))]
  return names.filter(name => !(secrets && name.startsWith(`${secretName}-`)))
}
