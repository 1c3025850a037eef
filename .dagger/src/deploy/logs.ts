import { redact } from "../redact.js"
import type { Kubectl } from "./kubectl.js"
import type { Plan } from "./plan.js"

/** The last lines that a pod or a Job wrote, without the applications' secrets, should it have written one. */
export async function lastLogs(kubectl: Kubectl, object: string, plan: Plan, flags = ["--all-containers"]): Promise<string> {
  const { stdout, stderr } = await kubectl.run(["logs", object, ...flags, "--tail=25"])
  return redact((stdout || stderr).trim(), Object.values(plan.secrets ?? {}))
}
