import { formatTable } from "../verify/table.js"
import type { Deployment } from "./release.js"
import type { PodStart } from "./startup.js"

/** What a deployment came to, as text for a person; `again` are the pods of a second roll. */
export function summarize(deployment: Deployment, again: PodStart[] = []): string {
  const sections = [
    `Deployed to namespace ${deployment.namespace}; users open ${deployment.publicUrl}`,
    formatTable(["IMAGE", "REFERENCE"], Object.entries(deployment.images)),
    deployment.migrations.length > 0 && `Migrations\n${deployment.migrations.map(line => `  ${line}`).join("\n")}`,
    `Start of each pod, scheduled to ready\n${startTable(deployment.starts, deployment.startLimit)}`,
    again.length > 0 && `Rolled once more\n${startTable(again, deployment.startLimit)}`,
    deployment.handshake.length > 0 && `Handshake\n${deployment.handshake.map(result => `  ok  ${result.step}`).join("\n")}`,
  ]
  return sections.filter(Boolean).join("\n\n")
}

function startTable(starts: PodStart[], limit: number): string {
  const pods = starts.map(start => [start.deployment, start.pod, `${start.seconds} s`, start.pulling ? `${start.pulling.toFixed(1)} s` : "none", ""])
  const averages = [...new Set(starts.map(start => start.deployment))].map(deployment => {
    const seconds = average(starts.filter(start => start.deployment === deployment).map(start => start.seconds))
    return [deployment, "average", `${seconds.toFixed(1)} s`, "", `${seconds < limit ? "PASS" : "FAIL"} (< ${limit} s)`]
  })
  return formatTable(["APPLICATION", "POD", "START", "OF WHICH PULL", "VERDICT"], [...pods, ...averages])
}

function average(values: number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length
}
