import type { Verdict } from "../schema.ts"
import { formatRange } from "../statistics.ts"
import { summarize, type Summary } from "./summary.ts"

/** As a careful user has them: by default, most of them wait for minutes. */
const TOOLS = [
  { name: "module", color: "#1a7f37" },
  { name: "kubectl-30s", color: "#0969da" },
  { name: "helm-30s", color: "#8250df" },
]

const WIDTH = 960
const BAR = 12
const ROW = TOOLS.length * (BAR + 2) + 18
const LEFT = 240
const RIGHT = 800
const TOP = 86

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f } .title { font-size: 18px; font-weight: 600 } .background { fill: #ffffff }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .background { fill: #0d1117 } }`

/** Seconds to verdict by fault and tool, as bars; a tool that was no longer waited for goes to the edge. */
export function verdictSvg(verdict: Verdict): string {
  const title = "Seconds from a faulty release to the verdict"
  const faults = verdict.cases.filter(({ kind }) => kind === "fault")
  const height = TOP + faults.length * ROW + 10
  const legend = TOOLS.map(({ name, color }, index) => {
    const x = LEFT + index * 140
    return `<rect x="${x}" y="52" width="12" height="12" fill="${color}"/><text x="${x + 18}" y="63">${name}</text>`
  })
  const rows = faults.map((fault, index) => {
    const y = TOP + index * ROW
    const bars = TOOLS.map(({ name, color }, bar) => {
      const summary = summarize(fault, name)
      return summary ? drawBar(summary, y + bar * (BAR + 2), color, verdict.cap) : ""
    })
    return [`<text x="${LEFT - 10}" y="${y + ROW / 2 - 6}" text-anchor="end">${fault.name}</text>`, ...bars].join("\n")
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
<title>${title}</title>
<style>${STYLE}</style>
<rect class="background" width="${WIDTH}" height="${height}"/>
<text class="title" x="24" y="34">${title}</text>
${[...legend, ...rows].join("\n")}
</svg>
`
}

function drawBar({ outcome, verdict }: Summary, y: number, color: string, cap: number): string {
  const width = Math.max(2, Math.round((Math.min(verdict.median, cap) / cap) * (RIGHT - LEFT)))
  const said = {
    failed: formatRange(verdict),
    refused: `${formatRange(verdict)}, nothing changed`,
    capped: `&gt; ${cap}`,
    succeeded: "reported success",
    missed: "cause not named",
  }
  return `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" fill="${color}"${outcome === "succeeded" ? ' opacity="0.3"' : ""}/>
<text x="${LEFT + width + 6}" y="${y + 10}">${said[outcome]}</text>`
}
