import type { Kubectl } from "../deploy/kubectl.js"

/** The NetworkPolicies of the applications let in what has this name. */
const LABELS = { "app.kubernetes.io/name": "cloud-native-monitor", "app.kubernetes.io/managed-by": "cloud-native" }

export interface K6 {
  name: string
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
export function k6Objects({ name, image, files, script, deadline, secret }: K6): object[] {
  const env = [
    { name: "HOME", value: "/tmp" },
    ...(secret?.keys ?? []).map(key => ({ name: key, valueFrom: { secretKeyRef: { name: secret!.name, key, optional: true } } })),
  ]
  const container = {
    name: "k6",
    image,
    args: ["run", "--quiet", "--no-usage-report", "--summary-mode=disabled", "--log-format=raw", "--log-output=stdout", `/scenario/${script}`],
    env,
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    volumeMounts: [{ name: "scenario", mountPath: "/scenario", readOnly: true }, { name: "tmp", mountPath: "/tmp" }],
  }
  const pod = {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, runAsUser: 12345, runAsGroup: 12345, seccompProfile: { type: "RuntimeDefault" } },
    containers: [container],
    volumes: [{ name: "scenario", configMap: { name } }, { name: "tmp", emptyDir: {} }],
  }
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: LABELS }, data: files },
    {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, labels: LABELS },
      spec: { backoffLimit: 0, activeDeadlineSeconds: deadline, ttlSecondsAfterFinished: 300, template: { metadata: { labels: LABELS }, spec: pod } },
    },
  ]
}

/** Remove the Job with its pod, and the ConfigMap. */
export async function removeK6(kubectl: Kubectl, name: string): Promise<void> {
  await kubectl.write(["delete", `job/${name}`, `configmap/${name}`, "--ignore-not-found", "--cascade=foreground", "--wait=false"])
}
