import type { Kubectl } from "../kubernetes/kubectl.js"

/** The NetworkPolicies of the applications let in what has this name. */
const NAME = "cloud-native-monitor"
/** No autoscaler takes its node away to save one: what it has not seen, a deployment cannot prove. */
const STAY = { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true" }
const PART_OF = "app.kubernetes.io/part-of"

/** What to look at where its pod does not start. */
export const K6_NEEDS =
  "see that the cluster can pull images.k6 of the config, and has room and quota for a pod of 128 to 256 MiB and up to one CPU"

export interface K6 {
  name: string
  /** Name of the config that it runs for. */
  partOf: string
  image: string
  /** The script to run, and all that it imports or opens, by file name. */
  files: Record<string, string>
  script: string
  /** Seconds after which Kubernetes ends it, whatever becomes of this module. */
  deadline: number
  /** Keys of a Secret that the script may read from its environment. */
  secret?: { name: string; keys: string[] }
}

/** A Job that runs k6 once, with no right to anything, and its ConfigMap. */
export function k6Objects({ name, partOf, image, files, script, deadline, secret }: K6): object[] {
  const labels = { "app.kubernetes.io/name": NAME, "app.kubernetes.io/managed-by": "cloud-native", [PART_OF]: partOf }
  const env = [
    { name: "HOME", value: "/tmp" },
    ...(secret?.keys ?? []).map(key => ({
      name: key,
      valueFrom: { secretKeyRef: { name: secret!.name, key, optional: true } },
    })),
  ]
  const container = {
    name: "k6",
    image,
    args: [
      "run",
      "--quiet",
      "--no-usage-report",
      "--summary-mode=disabled",
      "--log-format=raw",
      "--log-output=stdout",
      `/scenario/${script}`,
    ],
    env,
    // Each has both: a quota on one of them refuses a pod that does not say.
    resources: {
      requests: { cpu: "50m", memory: "128Mi", "ephemeral-storage": "32Mi" },
      limits: { cpu: "1", memory: "256Mi", "ephemeral-storage": "256Mi" },
    },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    volumeMounts: [
      { name: "scenario", mountPath: "/scenario", readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
  }
  const pod = {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 12345,
      runAsGroup: 12345,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [container],
    volumes: [
      { name: "scenario", configMap: { name } },
      { name: "tmp", emptyDir: {} },
    ],
  }
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels }, data: files },
    {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, labels },
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: deadline,
        ttlSecondsAfterFinished: 300,
        template: { metadata: { labels, annotations: STAY }, spec: pod },
      },
    },
  ]
}

/** Start it. Its ConfigMap is made the Job's own, so that Kubernetes removes both, whatever becomes of this module. */
export async function startK6(kubectl: Kubectl, k6: K6): Promise<void> {
  const objects = k6Objects(k6)
  await kubectl.apply(objects)
  const uid = await kubectl.must(["get", "job", k6.name, "--output=jsonpath={.metadata.uid}"])
  const owner = { apiVersion: "batch/v1", kind: "Job", name: k6.name, uid }
  await kubectl.must([
    "patch",
    "configmap",
    k6.name,
    `--patch=${JSON.stringify({ metadata: { ownerReferences: [owner] } })}`,
  ])
}

/** Set the seconds since its start after which Kubernetes ends it. */
export async function extendK6(kubectl: Kubectl, name: string, deadline: number): Promise<void> {
  await kubectl.run(["patch", "job", name, `--patch=${JSON.stringify({ spec: { activeDeadlineSeconds: deadline } })}`])
}

/** Remove the Job with its pod, and the ConfigMap. */
export async function removeK6(kubectl: Kubectl, name: string): Promise<void> {
  await remove(kubectl, `job/${name}`, `configmap/${name}`)
}

/** Remove all that runs for a config: what a deployment that was killed has left. */
export async function removeLeftoverK6(kubectl: Kubectl, partOf: string): Promise<void> {
  await remove(kubectl, "jobs,configmaps", `--selector=app.kubernetes.io/name=${NAME},${PART_OF}=${partOf}`)
}

async function remove(kubectl: Kubectl, ...what: string[]): Promise<void> {
  await kubectl.must(["delete", ...what, "--ignore-not-found", "--cascade=foreground", "--wait=false"])
}
