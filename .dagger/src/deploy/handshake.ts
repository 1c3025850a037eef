import { dag } from "@dagger.io/dagger"
import { z } from "zod"

import type { Config } from "../config/schema.js"
import { CloudNativeError } from "../errors.js"
import type { Kubectl } from "./kubectl.js"
import { waitUntil } from "./wait.js"

const NAME = "cloud-native-handshake"
const LABELS = { "app.kubernetes.io/name": "cloud-native-monitor", "app.kubernetes.io/managed-by": "cloud-native" }
/** Seconds that the whole handshake may take, the pull of k6 included. */
const TIMEOUT = 120

const StepResult = z.object({ step: z.string(), problem: z.string() })
export type StepResult = z.infer<typeof StepResult>

const JobStatus = z.object({ succeeded: z.number().optional(), failed: z.number().optional() })

/** Send the config's requests from inside the cluster, in order; throws at the first answer that is not as expected. */
export async function proveHandshake(kubectl: Kubectl, config: Config, publicUrl: string): Promise<StepResult[]> {
  if (config.handshake.length === 0) return []
  const script = await dag.currentModule().source().file("k6/handshake.js").contents()
  const scenario = {
    values: { PUBLIC_URL: publicUrl, random: crypto.randomUUID() },
    steps: config.handshake.map(step => ({ ...step, url: `http://${step.to}:${config[step.to].port}${step.path}` })),
  }
  await remove(kubectl)
  try {
    console.log(`handshake: ${config.handshake.length} requests`)
    await kubectl.apply([
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: NAME, labels: LABELS }, data: { "handshake.js": script, "scenario.json": JSON.stringify(scenario) } },
      job(config.images.k6),
    ])
    await waitUntil("the handshake's Job to end", TIMEOUT, async () => {
      const status = await kubectl.get(["job", NAME], "jsonpath={.status}", JobStatus)
      return status?.succeeded || status?.failed || undefined
    })
    return read(await kubectl.must(["logs", `job/${NAME}`]), config.handshake.map(step => step.name))
  } finally {
    await remove(kubectl)
  }
}

/** One line of JSON a step, among k6's own; every step must have passed. */
export function read(log: string, expected: string[]): StepResult[] {
  const results = log
    .split("\n")
    .filter(line => line.startsWith("{"))
    .map(line => StepResult.parse(JSON.parse(line)))
  const failure = results.find(result => result.problem)
  if (!failure && results.length === expected.length) return results
  throw new CloudNativeError({
    code: "HANDSHAKE_FAILED",
    blame: "user",
    what: failure ? `the handshake failed at: ${failure.step}` : `the handshake ended before: ${expected[results.length]}`,
    why: failure ? failure.problem : log.trim().split("\n").slice(-10).join("\n"),
    fix: "look at the logs of both applications, and at the step in cloud-native.yaml",
  })
}

async function remove(kubectl: Kubectl): Promise<void> {
  await kubectl.must(["delete", `job/${NAME}`, `configmap/${NAME}`, "--ignore-not-found", "--wait=true"])
}

function job(image: string): object {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: NAME, labels: LABELS },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: TIMEOUT,
      ttlSecondsAfterFinished: 300,
      template: {
        metadata: { labels: LABELS },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 12345, runAsGroup: 12345, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "k6",
              image,
              args: ["run", "--quiet", "--no-usage-report", "--summary-mode=disabled", "--log-format=raw", "--log-output=stdout", "/scenario/handshake.js"],
              env: [{ name: "HOME", value: "/tmp" }],
              resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
              securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
              volumeMounts: [{ name: "scenario", mountPath: "/scenario", readOnly: true }, { name: "tmp", mountPath: "/tmp" }],
            },
          ],
          volumes: [{ name: "scenario", configMap: { name: NAME } }, { name: "tmp", emptyDir: {} }],
        },
      },
    },
  }
}
