import type { Config } from "../config/schema.js"
import { dryRun, OF_A_POLICY } from "../kubernetes/dry-run.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import { k6Pod } from "../monitor/k6-job.js"
import { CloudNativeError } from "../util/errors.js"

/** Throw if the namespace would refuse the monitor's pod: a LimitRange, a quota, a policy. */
export async function assertMonitorAdmitted(kubectl: Kubectl, config: Config): Promise<void> {
  const { stderr } = await dryRun(kubectl, [k6Pod(config)])
  const why = podRefusal(stderr)
  if (!why) return
  throw new CloudNativeError({
    code: "MONITOR_FAILED",
    blame: "user",
    what: `the namespace ${kubectl.namespace} would refuse the pod of the monitor, which sends the users' requests`,
    why,
    fix: "set monitor.resources of cloud-native.yaml to what the namespace's LimitRange and quotas allow, or images.k6 to an image that its policies allow",
  })
}

/** Why the API server would not admit a pod. A caller who may not make pods, but Jobs, does not learn it: undefined. */
export function podRefusal(stderr: string): string | undefined {
  const line = stderr
    .split("\n")
    .find(
      text => OF_A_POLICY.test(text) || (/pods "[^"]*" is forbidden: /.test(text) && !/is forbidden: User /.test(text)),
    )
  return line?.replace(/^.*?(?=admission webhook|ValidatingAdmissionPolicy|is forbidden: )(is forbidden: )?/, "").trim()
}
