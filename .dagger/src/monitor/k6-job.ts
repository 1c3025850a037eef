import { dag } from "@dagger.io/dagger"
import { z } from "zod"

import type { Config } from "../config/schema.js"
import { RawObject } from "../kubernetes/api.js"
import type { Kubectl } from "../kubernetes/kubectl.js"
import type { KubernetesObject } from "../manifests/render.js"
import { describeJob } from "../status/describe.js"
import { JOB_LABEL } from "../status/job.js"
import { takeSnapshot } from "../status/take-snapshot.js"

/** The NetworkPolicies of the applications let in what has this name. */
const NAME = "cloud-native-monitor"
/** What is injected beside it has a log of its own. */
const CONTAINER = "k6"
/** What the scripts import. */
const IMPORTED = ["requests.js", "no-answer.js", "patience.js", "page.js", "status.js"]
/** Keeps autoscalers from removing its node. */
const STAY = { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true" }
/** Of k6's image, which Go would no longer read where another folder is named. */
const SYSTEM_AUTHORITIES = ["/etc/ssl/certs", "/etc/pki/tls/certs"]
const AUTHORITIES = "/authorities"
const PART_OF = "app.kubernetes.io/part-of"
const Named = z.object({ metadata: z.object({ name: z.string() }) })

/** What to check if its pod does not start. */
export const K6_NEEDS =
  "check that the cluster can pull images.k6 of the config (monitor.imagePullSecrets), and that the namespace's quotas and limits admit monitor.resources"

export interface K6 {
  name: string
  config: Pick<Config, "name" | "images" | "monitor">
  /** The script to run, a file of the module's folder k6. */
  script: "monitor.js" | "handshake.js"
  /** What the script reads. */
  scenario: object
  /** Seconds after which Kubernetes ends it, even if this module does not. */
  deadline: number
  /** Keys of a Secret that the script may read from its environment. */
  secret?: { name: string; keys: string[] }
}

/** Run a script that stands beside its scenario.json; what it prints goes to stdout as it is. */
export function k6Arguments(script: K6["script"]): string[] {
  return [
    "run",
    "--quiet",
    "--no-usage-report",
    "--summary-mode=disabled",
    "--log-format=raw",
    "--log-output=stdout",
    `/scenario/${script}`,
  ]
}

/** A Job that runs k6 once, without permissions, and its ConfigMap. `files`: the script, and all that it imports or opens. */
export function k6Objects(k6: K6, files: Record<string, string>): object[] {
  const { name, config, deadline } = k6
  const labels = labelsOf(config)
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
        template: { metadata: { labels, annotations: STAY }, spec: podSpec(k6) },
      },
    },
  ]
}

/** A pod as the Job makes it, to ask the API server whether the namespace admits it. */
export function k6Pod(config: K6["config"]): KubernetesObject {
  const spec = podSpec({ name: NAME, config, script: "monitor.js" })
  return { apiVersion: "v1", kind: "Pod", metadata: { name: NAME, labels: labelsOf(config) }, spec }
}

function labelsOf({ name }: Pick<Config, "name">): Record<string, string> {
  return { "app.kubernetes.io/name": NAME, "app.kubernetes.io/managed-by": "cloud-native", [PART_OF]: name }
}

function podSpec({ name, config, script, secret }: Pick<K6, "name" | "config" | "script" | "secret">): object {
  const { resources, imagePullSecrets, caConfigMap } = config.monitor
  const env = [
    { name: "HOME", value: "/tmp" },
    ...(caConfigMap ? [{ name: "SSL_CERT_DIR", value: [...SYSTEM_AUTHORITIES, AUTHORITIES].join(":") }] : []),
    ...(secret?.keys ?? []).map(key => ({
      name: key,
      valueFrom: { secretKeyRef: { name: secret!.name, key, optional: true } },
    })),
  ]
  const container = {
    name: CONTAINER,
    image: config.images.k6,
    args: k6Arguments(script),
    env,
    resources,
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    volumeMounts: [
      { name: "scenario", mountPath: "/scenario", readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
      ...(caConfigMap ? [{ name: "authorities", mountPath: AUTHORITIES, readOnly: true }] : []),
    ],
  }
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    imagePullSecrets: imagePullSecrets.map(secretName => ({ name: secretName })),
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
      ...(caConfigMap ? [{ name: "authorities", configMap: { name: caConfigMap } }] : []),
    ],
  }
}

/** Start it. The Job owns its ConfigMap, so that Kubernetes removes both, even if this module does not. */
export async function startK6(kubectl: Kubectl, k6: K6): Promise<void> {
  const scripts = dag.currentModule().source().directory("k6")
  const files = [k6.script, ...IMPORTED].map(async name => [name, await scripts.file(name).contents()] as const)
  const read = Object.fromEntries(await Promise.all(files))
  await kubectl.apply(k6Objects(k6, { ...read, "scenario.json": JSON.stringify(k6.scenario) }))
  const job = await (await kubectl.api()).get("jobs", k6.name, RawObject)
  // One that somebody has deleted by now is missed by those that wait for what it writes.
  if (!job) return
  const owner = { apiVersion: "batch/v1", kind: "Job", name: k6.name, uid: job.metadata.uid }
  await kubectl.must([
    "patch",
    "configmap",
    k6.name,
    `--patch=${JSON.stringify({ metadata: { ownerReferences: [owner] } })}`,
  ])
}

/** What it has written; undefined while its pod has not started, and once it is gone. In the log of a deployment, nothing of it appears. */
export async function readK6(
  kubectl: Kubectl,
  name: string,
  options: Record<string, string> = {},
): Promise<string | undefined> {
  const api = await kubectl.api()
  const [pod] = await api.list("pods", Named, { [JOB_LABEL]: name })
  return pod && api.log(pod.metadata.name, { container: CONTAINER, ...options })
}

/** How its Job stands, for the error of a wait that was too long. */
export async function stateOfK6(kubectl: Kubectl, name: string): Promise<string> {
  return describeJob(await takeSnapshot(kubectl), name, await kubectl.now()).join("\n")
}

/** Set the seconds since its start after which Kubernetes ends it. */
export async function extendK6(kubectl: Kubectl, name: string, deadline: number): Promise<void> {
  await kubectl.run(["patch", "job", name, `--patch=${JSON.stringify({ spec: { activeDeadlineSeconds: deadline } })}`])
}

/** Remove the Job with its pod, and the ConfigMap. */
export async function removeK6(kubectl: Kubectl, name: string): Promise<void> {
  await remove(kubectl, `job/${name}`, `configmap/${name}`)
}

/** Remove all that runs for a config: what a killed deployment left. */
export async function removeLeftoverK6(kubectl: Kubectl, partOf: string): Promise<void> {
  const labels = { "app.kubernetes.io/name": NAME, [PART_OF]: partOf }
  const api = await kubectl.api()
  const [jobs, configMaps] = await Promise.all([
    api.listMetadata("jobs", labels),
    api.listMetadata("configmaps", labels),
  ])
  const left = [...jobs.map(({ name }) => `job/${name}`), ...configMaps.map(({ name }) => `configmap/${name}`)]
  if (left.length > 0) await remove(kubectl, ...left)
}

async function remove(kubectl: Kubectl, ...what: string[]): Promise<void> {
  await kubectl.must(["delete", ...what, "--ignore-not-found", "--cascade=foreground", "--wait=false"])
}
