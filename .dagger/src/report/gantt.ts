import { type Group, type Lane, type Picture, type State } from "./picture.js"

/** How Mermaid is to color a bar. */
const COLORS: Record<State, string> = {
  created: "crit",
  scheduled: "",
  started: "",
  ready: "active",
  terminating: "done",
}

/** Names of the bars. None begins with a word that Mermaid knows, as click or title. */
const NAMES: Record<State, string> = {
  created: "unscheduled",
  scheduled: "scheduled",
  started: "started",
  ready: "ready",
  terminating: "terminating",
}

/** A picture as a Gantt chart of Mermaid, which GitHub draws in Markdown: a section for each pod, its states in one row. */
export function ganttOf(picture: Picture, title: string): string {
  return [
    "---",
    "displayMode: compact",
    "---",
    "gantt",
    `  title ${plain(title)}`,
    "  dateFormat YYYY-MM-DD HH:mm:ss.SSS",
    "  axisFormat %H:%M:%S",
    "  todayMarker off",
    ...section(
      "steps",
      picture.steps.map(step => bar(step.name, "", step)),
    ),
    ...picture.migrations.flatMap(migration =>
      section(`migration ${migration.name}`, [
        bar(migration.completed ? "ran" : "did not complete", migration.completed ? "done" : "crit", migration),
      ]),
    ),
    ...picture.switches.flatMap(({ service, name, from, to }) =>
      section(`switch of ${service}`, [bar(`to ${name}`, "active", { from, to })]),
    ),
    ...picture.paths.flatMap(({ name, outages }) =>
      section(
        `requests ${name}`,
        outages.map(outage => bar(`${outage.failed} failed`, "crit", outage)),
      ),
    ),
    ...picture.groups.flatMap(sectionsOf),
  ].join("\n")
}

function sectionsOf({ lanes }: Group): string[] {
  return lanes.flatMap(({ pod, spans }: Lane) =>
    section(
      pod,
      spans.map(span => bar(NAMES[span.state], COLORS[span.state], span)),
    ),
  )
}

function section(name: string, bars: string[]): string[] {
  return bars.length > 0 ? [`  section ${plain(name)}`, ...bars] : []
}

function bar(name: string, color: string, { from, to }: { from: number; to: number }): string {
  const start = new Date(from).toISOString().replace("T", " ").replace("Z", "")
  return `    ${plain(name)} :${color && `${color}, `}${start}, ${Math.max(1, Math.round(to - from))}ms`
}

/** Colons, semicolons, # and %% end a name in Mermaid, and a backtick may end the fence around it. */
function plain(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._/()-]+/gu, " ").trim()
}
