import { readFileSync } from "node:fs"
import { join } from "node:path"

import { parse } from "yaml"

import { Report } from "../../../.dagger/src/report/report.ts"

export const CASES = join(import.meta.dirname, "cases/picture")

/** A report with these parts, and nothing else in it. */
export function reportOf(parts: object): Report {
  return Report.parse({
    schemaVersion: 1,
    id: "20261124-100000-abcd",
    kind: "deploy",
    outcome: "succeeded",
    startedAt: "2026-11-24T10:00:00.000Z",
    endedAt: "2026-11-24T10:01:00.000Z",
    name: "shop",
    namespace: "production",
    publicUrl: "https://shop.example.com",
    images: {},
    migrations: [],
    changed: true,
    starts: [],
    startLimit: 10,
    pods: [],
    baseline: "healthy",
    broken: [],
    handshake: [],
    ...parts,
  })
}

export function caseOf(name: string): Report {
  return reportOf(parse(readFileSync(join(CASES, name, "report.yaml"), "utf8")) as object)
}

/** A DaemonSet on a hundred nodes beside a small application, of which one pod never became ready. */
export function manyPods(): Report {
  const at = (second: number) => new Date(Date.UTC(2026, 10, 24, 10, 0, second)).toISOString()
  const agents = Array.from({ length: 100 }, (_, index) => ({
    workload: "daemonset/agent",
    pod: `agent-${index}`,
    created: at(index % 30),
    ...(index !== 77 && { ready: at((index % 30) + 5) }),
  }))
  const webs = ["web-1", "web-2"].map(pod => ({ workload: "web", pod, created: at(1), ready: at(5) }))
  const timeline = { steps: [{ step: "rollout", at: at(0) }], migrations: [], until: at(50), omitted: 7 }
  return reportOf({ timeline: { ...timeline, pods: [...agents, ...webs] } })
}

/** Names that mean something to Mermaid, to XML, to HTML and to Markdown. */
export const HOSTILE = `x"><script>alert(1)</script>:;#\`\`\`\n%%{init}%% title & 'y`

export function hostile(): Report {
  const at = "2026-11-24T10:00:01.000Z"
  const timeline = {
    steps: [{ step: HOSTILE, at }],
    migrations: [{ name: HOSTILE, from: at }],
    pods: [{ workload: HOSTILE, pod: HOSTILE, created: at, gone: "2026-11-24T10:00:03.000Z" }],
  }
  const failure = { code: HOSTILE, what: HOSTILE, why: HOSTILE, fix: HOSTILE }
  return reportOf({
    name: HOSTILE,
    namespace: HOSTILE,
    outcome: "failed",
    timeline,
    failure,
    images: { [HOSTILE]: HOSTILE },
  })
}
