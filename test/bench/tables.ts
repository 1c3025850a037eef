import { formatTable, humanSize } from "../../.dagger/src/util/format.ts"
import type { Bench, Round, Run, Updates } from "./schema.ts"
import { formatRange, rangeOf } from "./statistics.ts"
import { judge } from "./verdict/limits.ts"
import { formatVerdict } from "./verdict/tables.ts"

/** The mission's own limits; all other numbers are only reported. */
const LIMITS = { startup: 10, percent: 100, imageBytes: 200e6 }
/** How many times as long as the script the module may take, without its monitor's own time. */
const TIMES_SCRIPT: Record<Round["round"], number> = { cold: 1.4, warm: 1.2, edited: 1.4 }
/** What the images are wished to stay within. */
const WISHED_BYTES = 60e6

/** Every limit of the mission that was not kept. */
export function failures({ verdict, pipeline = [], updates }: Bench): string[] {
  const judgements = verdict ? judge(verdict).filter(({ verdict }) => verdict === "FAIL") : []
  return [
    ...judgements.map(({ name, text }) => `${name}: ${text}`),
    ...pipeline
      .filter(one => ratioOf(one) > TIMES_SCRIPT[one.round])
      .map(one => `pipeline, ${one.round}: ${ratioOf(one).toFixed(2)} × of the script, without the monitor`),
    ...(updates ? failuresOfUpdates(updates) : []),
  ]
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
  const row = (round: string, tool: string, runs: Run[], ...ratios: string[]) => [
    round,
    tool,
    ...(["test", "build", "deploy", "monitor", "total"] as const).map(part => formatPart(runs, part)),
    ...ratios,
  ]
  const rows = rounds.flatMap(one => {
    const ratio = ratioOf(one)
    const limit = TIMES_SCRIPT[one.round]
    const judged = `${ratio.toFixed(2)} × (${ratio <= limit ? "PASS" : "FAIL"} ≤ ${limit} ×)`
    return [
      row(one.round, "module", one.module, `${ratioOf(one, ({ total }) => total).toFixed(2)} ×`, judged),
      row("", "script", one.script, "", ""),
    ]
  })
  return formatTable(
    ["ROUND", "BY", "TEST", "BUILD", "DEPLOY", "OF IT MONITOR", "TOTAL", "RATIO", "WITHOUT MONITOR"],
    rows,
  )
}

function formatPart(runs: Run[], part: keyof Run): string {
  const range = rangeOf(runs.flatMap(run => run[part] ?? []))
  return range ? `${formatRange(range)} s` : ""
}

/** The module's time in times of the script's, by medians; by default without what its monitor takes for itself. */
function ratioOf({ module, script }: Round, secondsOf = ({ total, monitor = 0 }: Run) => total - monitor): number {
  const medianOf = (runs: Run[]) => rangeOf(runs.map(secondsOf))?.median ?? 0
  return medianOf(module) / medianOf(script)
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
