import { type Block, blocksOf } from "./blocks.js"
import { ganttOf } from "./gantt.js"
import { hiddenPods, pictureOf } from "./picture.js"
import type { Report } from "./report.js"
import { describeOutcome } from "./states.js"

/** A report as GitHub shows it in a job summary. */
export function markdownOf(report: Report): string {
  const picture = pictureOf(report)
  const title = `${report.name} in ${report.namespace} ${describeOutcome(report)}`
  const drawn = picture && [
    fenced(ganttOf(picture, title), "mermaid"),
    ...hiddenPods(picture).map(line => `Not drawn: ${escape(line)}`),
  ]
  const blocks = blocksOf(report).flatMap(block => (block.kind === "picture" ? (drawn ?? []) : render(block)))
  return `${blocks.join("\n\n")}\n`
}

function render(block: Exclude<Block, { kind: "picture" }>): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${escape(block.text)}`
    case "text":
      return [
        block.strong && `**${escape(block.strong)}**`,
        block.code && `\`${block.code}\` `,
        escape(block.text),
      ].join("")
    case "output":
      return fenced(block.text)
    case "table":
      return table(block.header, block.rows)
  }
}

function table(header: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(escape).join(" | ")} |`
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n")
}

function escape(text: string): string {
  return text.replace(/[\\`|<>*]/g, "\\$&").replaceAll("\n", "<br>")
}

/** A fence longer than any in the text, so that nothing in it ends it. */
function fenced(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = "`".repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}
