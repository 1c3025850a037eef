import type { Report } from "./report.js"
import { describeOutcome } from "./states.js"

const WIDTH = 960
const HEIGHT = 360
/** Left of it there is room for a label such as "10000 ms". */
const PLOT = { left: 84, right: 940, top: 60, bottom: 290 }

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 18px; font-weight: 600 }
  .axis { stroke: #d0d7de } .latency { fill: none; stroke: #0969da; stroke-width: 2 }
  .failed { fill: #cf222e } .outage { fill: #cf222e; opacity: 0.15 }
  .ready { stroke: #1a7f37; stroke-dasharray: 3 3 } .gone { stroke: #8250df; stroke-dasharray: 3 3 }
  .background { fill: #ffffff }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .axis { stroke: #444c56 } .background { fill: #0d1117 } }`

/** Latency and failures over the time of a deployment, with the moments at which pods came and went. */
export function availabilitySvg(report: Report): string {
  const { availability, name, namespace } = report
  const title = availability
    ? `${name} in ${namespace}: ${availability.percent.toFixed(3)} % of ${availability.sent} requests answered as expected`
    : `${name} in ${namespace}: ${describeOutcome(report)}, no requests were sent`
  const body = availability && availability.seconds.length > 0 ? plot(report, availability) : ""
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">
<title>${escape(title)}</title>
<style>${STYLE}</style>
<rect class="background" width="${WIDTH}" height="${HEIGHT}"/>
<text class="title" x="${PLOT.left}" y="34">${escape(title)}</text>
${body}</svg>
`
}

function plot({ pods }: Report, { seconds, outages }: NonNullable<Report["availability"]>): string {
  // The pods of a first deployment come before the first request that counts.
  const moments = [...seconds, ...pods].map(({ at }) => Date.parse(at))
  const start = Math.min(...moments)
  const end = Math.max(...moments) + 1000
  const slowest = niceCeiling(Math.max(...seconds.map(second => second.slowest), 1))
  const most = Math.max(...seconds.map(second => second.sent), 1)
  const x = (at: number) => round(PLOT.left + ((at - start) / (end - start)) * (PLOT.right - PLOT.left))
  const y = (milliseconds: number) => round(PLOT.bottom - (milliseconds / slowest) * (PLOT.bottom - PLOT.top))
  const latency = seconds.map(second => `${x(Date.parse(second.at) + 500)},${y(second.slowest)}`).join(" ")
  const failures = seconds
    .filter(second => second.failed > 0)
    .map(second => {
      const height = (second.failed / most) * (PLOT.bottom - PLOT.top)
      return `<rect class="failed" x="${x(Date.parse(second.at))}" y="${round(PLOT.bottom - height)}" width="${round(x(start + 1000) - PLOT.left)}" height="${round(height)}"/>`
    })
  const shades = outages.map(({ from, to }) => {
    const [left, right] = [x(Math.max(start, Date.parse(from))), x(Math.min(end, Date.parse(to)))]
    return `<rect class="outage" x="${left}" y="${PLOT.top}" width="${Math.max(1, round(right - left))}" height="${PLOT.bottom - PLOT.top}"/>`
  })
  const changes = pods.map(({ at, pod, change }) => {
    const position = x(Date.parse(at))
    return `<line class="${change}" x1="${position}" x2="${position}" y1="${PLOT.top}" y2="${PLOT.bottom}"><title>${escape(`${pod} ${change}`)}</title></line>`
  })
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(part => {
    const at = start + part * (end - start)
    return `<text x="${x(at)}" y="${PLOT.bottom + 20}" text-anchor="middle">${Math.round((at - start) / 1000)} s</text>`
  })
  const levels = [0, 0.5, 1].map(part => {
    const level = y(part * slowest)
    return `<line class="axis" x1="${PLOT.left}" x2="${PLOT.right}" y1="${level}" y2="${level}"/><text x="${PLOT.left - 8}" y="${level + 4}" text-anchor="end">${round(part * slowest)} ms</text>`
  })
  return (
    [
      ...levels,
      ...ticks,
      ...shades,
      ...failures,
      ...changes,
      `<polyline class="latency" points="${latency}"/>`,
      legend(),
    ].join("\n") + "\n"
  )
}

function legend(): string {
  const entries = [
    ["latency", "slowest answer of each second", 84],
    ["failed", "requests that failed", 330],
    ["ready", "a pod became ready", 540],
    ["gone", "a pod was gone", 750],
  ] as const
  return entries
    .map(([kind, label, left]) => {
      const mark =
        kind === "failed"
          ? `<rect class="failed" x="${left}" y="328" width="24" height="10"/>`
          : `<line class="${kind}" x1="${left}" x2="${left + 24}" y1="333" y2="333" stroke-width="2"/>`
      return `${mark}<text x="${left + 32}" y="338">${label}</text>`
    })
    .join("\n")
}

/** A round number, at least the value and little more than it. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return Math.round(power * ([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find(factor => factor * power >= value) ?? 10))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}
