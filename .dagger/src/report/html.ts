import { escapeXml } from "../util/xml.js"
import { type Block, blocksOf } from "./blocks.js"
import type { Report } from "./report.js"
import { describeOutcome } from "./states.js"
import { deploymentSvg } from "./svg.js"

const STYLE = `
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; max-width: 1040px; margin: 2em auto; padding: 0 1em; color: light-dark(#1f2328, #f0f6fc); background: light-dark(#ffffff, #0d1117) }
svg { width: 100%; height: auto }
table { border-collapse: collapse; margin: 1em 0; display: block; overflow-x: auto }
th, td { border: 1px solid light-dark(#d1d9e0, #3d444d); padding: 0.3em 0.8em; text-align: left }
pre { overflow-x: auto; padding: 1em; background: light-dark(#f6f8fa, #151b23) }
`

/** A report as one page that needs nothing else: no script, no other file. A browser that reads it loads nothing for it. */
export function htmlOf(report: Report): string {
  const title = `${report.name} in ${report.namespace}: ${describeOutcome(report)}`
  const body = blocksOf(report).map(block => (block.kind === "picture" ? deploymentSvg(report) : render(block)))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.join("\n")}
</body>
</html>
`
}

function render(block: Exclude<Block, { kind: "picture" }>): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level - 1}>${escapeXml(block.text)}</h${block.level - 1}>`
    case "text":
      return `<p>${block.strong ? `<strong>${escapeXml(block.strong)}</strong>` : ""}${block.code ? `<code>${escapeXml(block.code)}</code> ` : ""}${escapeXml(block.text)}</p>`
    case "output":
      return `<pre>${escapeXml(block.text)}</pre>`
    case "table":
      return `<table>\n${row("th", block.header)}\n${block.rows.map(cells => row("td", cells)).join("\n")}\n</table>`
  }
}

function row(cell: "th" | "td", cells: string[]): string {
  return `<tr>${cells.map(text => `<${cell}>${escapeXml(text)}</${cell}>`).join("")}</tr>`
}
