import { formatTable, humanSize } from "../../.dagger/src/util/format.ts"
import type { Bench, Round, Run, Updates } from "./schema.ts"
import { judge } from "./verdict/limits.ts"
import { formatVerdict } from "./verdict/tables.ts"

/** The mission's own limits; all other numbers are only reported. */
const LIMITS = { startup: 10, percent: 100, imageBytes: 200e6 }
/** What the images are wished to stay within. */
const WISHED_BYTES = 60e6

/** Every limit of the mission that was not kept. */
export function failures({ verdict, updates }: Bench): string[] {
  const judgements = verdict ? judge(verdict).filter(({ verdict }) => verdict === "FAIL") : []
  return [...judgements.map(({ name, text }) => `${name}: ${text}`), ...(updates ? failuresOfUpdates(updates) : [])]
}

function failuresOfUpdates({ updates, leftovers, images, user }: Updates): string[] {
  return [
    ...updates.filter(({ outcome }) => outcome === "failed").map(({ id }) => `${id} failed`),
    ...updates
      .filter(({ requests }) => requests?.percent !== LIMITS.percent)
      .map(({ id, requests }) => `${id}: ${percentOf(requests)} of the requests`),
    ...updates.flatMap(({ id, starts }) =>
      Object.entries(starts)
        .filter(([, seconds]) => seconds >= LIMITS.startup)
        .map(([app, seconds]) => `${id}: ${app} started in ${seconds.toFixed(1)} s`),
    ),
    ...leftovers.map(object => `left over: ${object}`),
    ...images
      .filter(({ bytes }) => bytes >= LIMITS.imageBytes)
      .map(({ application, bytes }) => `${application}: ${humanSize(bytes)}`),
    ...user.wrong.map(answer => `the user: ${answer}`),
    ...(user.kept ? [] : ["the user's task is lost"]),
  ]
}

/** All that was measured, as tables for a person. */
export function formatBench(bench: Bench): string {
  const { machine, verdict, pipeline, updates } = bench
  const broken = failures(bench)
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.gibibytes} GiB, ${machine.system}`,
    verdict && formatVerdict(verdict),
    pipeline && `Seconds from source to a running deployment\n${pipelineTable(pipeline)}`,
    updates &&
      `${updates.updates.length} rolling updates one after another\n${updatesTable(updates)}\n\n${updatesText(updates)}`,
    broken.length > 0 ? `FAIL\n${broken.map(problem => `  ${problem}`).join("\n")}` : "PASS: within every limit",
  ]
    .filter(Boolean)
    .join("\n\n")
}

function pipelineTable(rounds: Round[]): string {
  const row = (round: string, tool: string, { test, build, deploy, total }: Run, ratio: string) => [
    round,
    tool,
    ...[test, build, deploy, total].map(seconds => `${seconds.toFixed(1)} s`),
    ratio,
  ]
  const rows = rounds.flatMap(({ round, module, script }) => [
    row(round, "module", module, times(module.total, script.total)),
    row("", "script", script, "1 ×"),
  ])
  return formatTable(["ROUND", "BY", "TEST", "BUILD", "DEPLOY", "TOTAL", "RATIO"], rows)
}

function updatesTable({ updates }: Updates): string {
  const rows = updates.map(({ id, requests, seconds, starts }) => [
    id,
    percentOf(requests),
    String(requests?.sent ?? 0),
    `${requests?.p99 ?? 0} ms`,
    `${seconds.toFixed(1)} s`,
    Object.entries(starts)
      .map(([app, average]) => `${app} ${average.toFixed(1)} s`)
      .join(", "),
  ])
  return formatTable(["DEPLOYMENT", "ANSWERED", "REQUESTS", "P99", "TOOK", "AVERAGE START"], rows)
}

function percentOf(requests: Updates["updates"][number]["requests"]): string {
  return requests ? `${requests.percent.toFixed(3)} %` : "none"
}

function updatesText({ leftovers, images, user }: Updates): string {
  const sizes = images.map(
    ({ application, bytes }) =>
      `${application} ${humanSize(bytes)} (${bytes < LIMITS.imageBytes ? "PASS" : "FAIL"} < 200 MB, ${bytes <= WISHED_BYTES ? "within" : "above"} the 60 MB wished for)`,
  )
  return [
    `A user's session: ${user.sent} requests, ${user.wrong.length} not answered as expected; the user's task is ${user.kept ? "kept" : "lost"}`,
    `Left over: ${leftovers.join(", ") || "nothing"}`,
    `Images: ${sizes.join(", ")}`,
  ].join("\n")
}

function times(seconds: number, of: number): string {
  return `${(seconds / Math.max(of, 0.1)).toFixed(1)} ×`
}
