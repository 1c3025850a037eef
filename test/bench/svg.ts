import type { Fault, Verdict } from "./schema.ts"

const WIDTH = 960
const BAR = 16
const ROW = 3 * BAR + 22
const LEFT = 220
const RIGHT = 830
const TOP = 86

const TOOLS = [
  { key: "deploy", label: "deploy", color: "#1a7f37" },
  { key: "kubectl", label: "kubectl rollout status", color: "#0969da" },
  { key: "helm", label: "helm --rollback-on-failure", color: "#8250df" },
] as const

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-size: 18px; font-weight: 600 } .background { fill: #ffffff }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .background { fill: #0d1117 } }`

/** Seconds to verdict by fault and tool, as bars; a tool that was no longer waited for goes to the edge. */
export function verdictSvg(faults: Fault[], cap: number): string {
  const title = "Seconds from a faulty release to the verdict"
  const height = TOP + faults.length * ROW + 10
  const legend = TOOLS.map(
    ({ label, color }, index) =>
      `<rect x="${LEFT + index * 220}" y="52" width="12" height="12" fill="${color}"/><text x="${LEFT + index * 220 + 18}" y="63">${label}</text>`,
  )
  const rows = faults.map((fault, index) => {
    const y = TOP + index * ROW
    const bars = TOOLS.map(({ key, color }, bar) => drawBar(fault[key], y + bar * (BAR + 2), color, cap))
    return [`<text x="${LEFT - 10}" y="${y + 31}" text-anchor="end">${fault.name}</text>`, ...bars].join("\n")
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

function drawBar({ outcome, seconds }: Verdict, y: number, color: string, cap: number): string {
  const width = Math.max(2, Math.round((Math.min(seconds, cap) / cap) * (RIGHT - LEFT)))
  const said = {
    failed: `${seconds.toFixed(1)} s`,
    refused: `${seconds.toFixed(1)} s, nothing changed`,
    capped: `&gt; ${cap} s`,
    succeeded: "reported success",
    missed: "not found out",
  }
  return `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" fill="${color}"${outcome === "succeeded" ? ' opacity="0.3"' : ""}/>
<text x="${LEFT + width + 6}" y="${y + 13}">${said[outcome]}</text>`
}
