import { escapeXml } from "../util/xml.js"
import {
  elapsed,
  type Group,
  hiddenPods,
  type Lane,
  type Path,
  type Picture,
  pictureOf,
  type State,
} from "./picture.js"
import type { Report } from "./report.js"
import { describeOutcome } from "./states.js"
import { fit, widthOf } from "./text-width.js"

const WIDTH = 1000
const MARGIN = 24
const SIZE = 12
const TITLE_SIZE = 18
/** Pixels that the labels on the left may have; a longer one is cut in its middle. */
const LABELS = 300
const PLOT_HEIGHT = 90
const ROW = 18
/** Pixels between two parts of the picture. */
const GAP = 14

/** The higher the bar, the further the pod: who sees no colors sees that. */
const BARS: Record<State, { height: number; label: string }> = {
  created: { height: 3, label: "not scheduled yet" },
  scheduled: { height: 6, label: "scheduled" },
  started: { height: 9, label: "started" },
  ready: { height: 14, label: "ready" },
  terminating: { height: 6, label: "terminating" },
}

type Colors = Record<
  "text" | "soft" | "line" | "back" | "blue" | "red" | "green" | "yellow" | "violet" | "grey",
  string
>

const LIGHT: Colors = {
  text: "#1f2328",
  soft: "#59636e",
  line: "#d1d9e0",
  back: "#ffffff",
  blue: "#0969da",
  red: "#cf222e",
  green: "#1a7f37",
  yellow: "#bf8700",
  violet: "#8250df",
  grey: "#818b98",
}

const DARK: Colors = {
  text: "#f0f6fc",
  soft: "#9198a1",
  line: "#3d444d",
  back: "#0d1117",
  blue: "#4493f8",
  red: "#f85149",
  green: "#3fb950",
  yellow: "#d29922",
  violet: "#ab7df8",
  grey: "#656c76",
}

/** Scoped, since the picture also stands in a page. */
const STYLE = `
.picture text { font: ${SIZE}px system-ui, "Segoe UI", "DejaVu Sans", sans-serif }
.picture .title { font-size: ${TITLE_SIZE}px; font-weight: 600 }
.picture .heading { font-weight: 600; paint-order: stroke; stroke-width: 4px } .picture .begin { stroke-dasharray: 4 3 }
.picture .latency { fill: none; stroke-width: 1.5 } .picture .outage { opacity: 0.18 } .picture .gone { stroke-width: 2 } .picture .moved { stroke-width: 3 }
${colored(LIGHT)}
@media (prefers-color-scheme: dark) {
${colored(DARK)}
}
`

/** Each color as itself: image viewers know no variables, and draw all in black. */
function colored(colors: Colors): string {
  const { text, soft, line, back, blue, red, green, yellow, violet, grey } = colors
  const fills = { text, soft, back, step: line, ran: blue, broken: red, failed: red, outage: red }
  const states = { created: grey, scheduled: grey, started: yellow, ready: green, terminating: violet }
  const strokes = { heading: back, axis: line, begin: soft, latency: blue, gone: violet, moved: blue }
  return [
    ...Object.entries({ ...fills, ...states }).map(([name, color]) => [name, "fill", color]),
    ...Object.entries(strokes).map(([name, color]) => [name, "stroke", color]),
  ]
    .map(([name, property, color]) => `.picture ${name === "text" ? name : `.${name}`} { ${property}: ${color} }`)
    .join("\n")
}

/** Where the picture's moments are on it. */
interface Scale {
  left: number
  right: number
  x: (at: number) => number
}

/** A part of the picture, from its own top down. */
interface Part {
  height: number
  draw: (top: number) => string[]
}

interface Parts {
  above: Part[]
  below: Part[]
}

const NOTHING: Parts = { above: [], below: [note("Nothing was seen that has a time.")] }

/** A deployment over its time: the users' requests, its steps and migrations, and a lane for each pod. */
export function deploymentSvg(report: Report): string {
  const picture = pictureOf(report)
  const title = fit(
    `${report.name} in ${report.namespace}: ${describeOutcome(report)}`,
    TITLE_SIZE * 1.1,
    WIDTH - 2 * MARGIN,
  )
  const { above, below } = picture ? partsOf(picture, scaleOf(picture)) : NOTHING
  const parts = [...above, ...below]
  const tops = parts.map((_, index) => 52 + parts.slice(0, index).reduce((sum, { height }) => sum + height + GAP, 0))
  const height = Math.ceil((tops.at(-1) ?? 0) + parts.at(-1)!.height + MARGIN / 2)
  const begins = picture?.steps.map(({ from }) => scaleOf(picture).x(from)) ?? []
  const body = [
    ...begins.map(x => `<line class="begin" x1="${x}" x2="${x}" y1="${tops[0]}" y2="${tops[above.length]}"/>`),
    ...parts.flatMap(({ draw }, index) => draw(tops[index]!)),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="picture-title picture-text">
<title id="picture-title">${escapeXml(title)}</title>
<desc id="picture-text">${escapeXml(describe(picture))}</desc>
<style>${STYLE}</style>
<rect class="back" width="${WIDTH}" height="${height}"/>
${text(title, MARGIN, 34, "title")}
${body.join("\n")}
</svg>
`
}

/** What is drawn above the axis, and from the axis on. */
function partsOf(picture: Picture, scale: Scale): Parts {
  return {
    above: [
      ...picture.paths.map(path => pathPart(path, scale)),
      ...(picture.steps.length > 0 ? [stepsPart(picture, scale)] : []),
      ...picture.migrations.map(migration => migrationPart(migration, scale)),
      ...picture.switches.map(each => switchPart(each, scale)),
      ...picture.groups.map(group => groupPart(group, scale)),
    ],
    below: [
      axisPart(picture, scale),
      ...(picture.groups.length > 0 ? [legend()] : []),
      ...hiddenPods(picture).map(line => note(`not drawn: ${line}`)),
    ],
  }
}

function scaleOf({ from, to, paths, migrations, switches, groups }: Picture): Scale {
  const labels = [
    ...migrations.map(({ name }) => `migration ${name}`),
    ...switches.map(({ service }) => `switch of ${service}`),
    ...groups.flatMap(({ workload, lanes }) => [workload, ...lanes.map(({ pod }) => pod)]),
    ...paths.map(({ seconds }) => level(slowestOf(seconds))),
  ]
  const widest = Math.max(60, ...labels.map(label => widthOf(label, SIZE)))
  const [left, right] = [Math.ceil(MARGIN + Math.min(widest, LABELS) + 8), WIDTH - MARGIN - 10]
  const x = (at: number) => round(left + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (right - left))
  return { left, right, x }
}

function pathPart({ name, sent, failed, percent, seconds, outages }: Path, scale: Scale): Part {
  const slowest = slowestOf(seconds)
  const most = Math.max(1, ...seconds.map(second => second.sent))
  const told = `Requests ${name}: ${percent.toFixed(3)} % of ${sent} answered as expected${failed > 0 ? `, ${failed} failed` : ""}`
  if (seconds.length === 0) return note(told, "heading")
  return {
    height: 22 + PLOT_HEIGHT,
    draw: top => {
      const [upper, bottom] = [top + 22, top + 22 + PLOT_HEIGHT]
      const y = (part: number) => round(bottom - Math.min(1, part) * PLOT_HEIGHT)
      const levels = [0, 0.5, 1].flatMap(part => [
        `<line class="axis" x1="${scale.left}" x2="${scale.right}" y1="${y(part)}" y2="${y(part)}"/>`,
        text(level(part * slowest), scale.left - 8, y(part) + 4, "soft", "end"),
      ])
      const shades = outages.map(
        ({ from, to, failed }) =>
          `<rect class="outage" x="${scale.x(from)}" y="${upper}" width="${widthBetween(scale, from, to)}" height="${PLOT_HEIGHT}"><title>${failed} failed, ${elapsed(to - from)}</title></rect>`,
      )
      const failures = seconds
        .filter(second => second.failed > 0)
        .map(
          ({ at, failed }) =>
            `<rect class="failed" x="${scale.x(at)}" y="${y(failed / most)}" width="${widthBetween(scale, at, at + 1000)}" height="${round(bottom - y(failed / most))}"><title>${failed} failed</title></rect>`,
        )
      const points = seconds.map(second => `${scale.x(second.at + 500)},${y(second.slowest / slowest)}`)
      return [
        text(
          fit(`${told}; the line is the slowest answer of each second`, SIZE * 1.1, WIDTH - 2 * MARGIN),
          MARGIN,
          top + 10,
          "heading",
        ),
        ...levels,
        ...shades,
        ...failures,
        `<polyline class="latency" points="${points.join(" ")}"/>`,
      ]
    },
  }
}

function stepsPart({ steps }: Picture, scale: Scale): Part {
  return row(scale, "steps", middle =>
    steps.flatMap(({ name, from, to }) => {
      const width = widthBetween(scale, from, to)
      const fits = widthOf(name, SIZE) + 8 <= width
      return [
        bar("step", scale, { from, to }, middle, 16, `${name}, ${elapsed(to - from)}`),
        ...(fits ? [text(name, scale.x(from) + 4, middle + 4)] : []),
      ]
    }),
  )
}

function migrationPart({ name, from, to, completed }: Picture["migrations"][number], scale: Scale): Part {
  const title = `${name}: ${completed ? "ran" : "did not complete"}, ${elapsed(to - from)}`
  return row(scale, `migration ${name}`, middle => [
    bar(completed ? "ran" : "broken", scale, { from, to }, middle, 10, title),
  ])
}

/** A moment, with where it led. */
function switchPart({ service, name, to }: Picture["switches"][number], scale: Scale): Part {
  const x = scale.x(to)
  const isLeft = x - scale.left > (scale.right - scale.left) / 2
  return row(scale, `switch of ${service}`, middle => [
    `<line class="moved" x1="${x}" x2="${x}" y1="${middle - 8}" y2="${middle + 8}"/>`,
    text(
      fit(`to ${name}`, SIZE, (scale.right - scale.left) / 2 - 8),
      x + (isLeft ? -6 : 6),
      middle + 4,
      "",
      isLeft ? "end" : "start",
    ),
  ])
}

function groupPart({ workload, lanes, hidden }: Group, scale: Scale): Part {
  const heading = `${workload}${hidden > 0 ? ` (${hidden} more are not drawn)` : ""}`
  return {
    height: ROW * (lanes.length + 1),
    draw: top => [
      text(fit(heading, SIZE * 1.1, WIDTH - 2 * MARGIN), MARGIN, top + 13, "heading"),
      ...lanes.flatMap((lane, index) => laneOf(lane, scale, top + ROW * (index + 1))),
    ],
  }
}

function laneOf({ pod, spans, gone, text: moments }: Lane, scale: Scale, top: number): string[] {
  const middle = top + ROW / 2
  const bars = spans.map(span => bar(span.state, scale, span, middle, BARS[span.state].height, moments))
  const ends = (gone === undefined ? [] : [scale.x(gone)]).map(
    x =>
      `<line class="gone" x1="${x}" x2="${x}" y1="${middle - 7}" y2="${middle + 7}"><title>${escapeXml(moments)}</title></line>`,
  )
  return [label(pod, scale, middle, moments), ...bars, ...ends]
}

function axisPart({ from, to }: Picture, scale: Scale): Part {
  const step = tickOf(to - from)
  const ticks = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => index * step)
  return {
    height: 22,
    draw: top => [
      `<line class="axis" x1="${scale.left}" x2="${scale.right}" y1="${top}" y2="${top}"/>`,
      ...ticks.flatMap(at => [
        `<line class="axis" x1="${scale.x(from + at)}" x2="${scale.x(from + at)}" y1="${top}" y2="${top + 5}"/>`,
        text(elapsed(at), scale.x(from + at), top + 18, "soft", "middle"),
      ]),
    ],
  }
}

function legend(): Part {
  const states = Object.entries(BARS) as [State, (typeof BARS)[State]][]
  const widths = states.map(([, { label }]) => 30 + widthOf(label, SIZE) + 20)
  const leftOf = (index: number) => round(MARGIN + widths.slice(0, index).reduce((sum, width) => sum + width, 0))
  const last = leftOf(states.length)
  return {
    height: ROW,
    draw: top => [
      ...states.flatMap(([state, { height, label }], index) => [
        `<rect class="${state}" x="${leftOf(index)}" y="${top + ROW / 2 - height / 2}" width="24" height="${height}"/>`,
        text(label, leftOf(index) + 30, top + 13),
      ]),
      `<line class="gone" x1="${last}" x2="${last}" y1="${top + 2}" y2="${top + 16}"/>`,
      text("gone", last + 8, top + 13),
    ],
  }
}

function row(scale: Scale, name: string, draw: (middle: number) => string[]): Part {
  return { height: ROW, draw: top => [label(name, scale, top + ROW / 2, name), ...draw(top + ROW / 2)] }
}

function note(line: string, kind = "soft"): Part {
  return { height: ROW, draw: top => [text(fit(line, SIZE * 1.1, WIDTH - 2 * MARGIN), MARGIN, top + 13, kind)] }
}

function bar(
  kind: string,
  scale: Scale,
  { from, to }: { from: number; to: number },
  middle: number,
  height: number,
  title: string,
): string {
  return `<rect class="${kind}" x="${scale.x(from)}" y="${middle - height / 2}" width="${widthBetween(scale, from, to)}" height="${height}"><title>${escapeXml(title)}</title></rect>`
}

function label(name: string, { left }: Scale, middle: number, title: string): string {
  const shown = escapeXml(fit(name, SIZE, LABELS))
  return `<text x="${left - 8}" y="${middle + 4}" text-anchor="end">${shown}<title>${escapeXml(title)}</title></text>`
}

function text(content: string, x: number, y: number, kind = "", anchor = "start"): string {
  return `<text${kind && ` class="${kind}"`} x="${x}" y="${y}" text-anchor="${anchor}">${escapeXml(content)}</text>`
}

/** At least a pixel, so that what is short is seen. */
function widthBetween({ x }: Scale, from: number, to: number): number {
  return Math.max(1, round(x(to) - x(from)))
}

/** What the picture shows, for those who do not see it. */
function describe(picture: Picture | undefined): string {
  if (!picture) return "Nothing was seen that has a time."
  const { paths, migrations, switches, groups } = picture
  return [
    `${elapsed(picture.to - picture.from)} of a deployment.`,
    ...paths.map(
      ({ name, percent, sent }) => `Requests ${name}: ${percent.toFixed(3)} % of ${sent} answered as expected.`,
    ),
    ...migrations.map(({ name, completed }) => `Migration ${name} ${completed ? "ran" : "did not complete"}.`),
    ...switches.map(({ service, name, to }) => `${service} switched to ${name} at ${elapsed(to - picture.from)}.`),
    ...groups.flatMap(({ lanes }) => lanes.map(lane => `${lane.text}.`)),
    ...hiddenPods(picture).map(line => `Not drawn: ${line}.`),
  ].join(" ")
}

function slowestOf(seconds: Path["seconds"]): number {
  return niceCeiling(Math.max(1, ...seconds.map(({ slowest }) => slowest)))
}

function level(milliseconds: number): string {
  return `${round(milliseconds)} ms`
}

/** Milliseconds between two ticks, so that at most a dozen are on the axis. */
function tickOf(span: number): number {
  const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800].find(step => span / 1000 / step <= 12)
  return (seconds ?? Math.ceil(span / 12_000 / 3600) * 3600) * 1000
}

/** A round number, at least the value and little more than it. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return Math.round(power * ([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find(factor => factor * power >= value) ?? 10))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
