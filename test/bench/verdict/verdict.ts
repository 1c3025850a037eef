// Time to verdict: the same releases, given to this module and to what one would use instead, on one cluster.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { messageOf } from "../../../.dagger/src/util/errors.ts"
import { Source } from "../../e2e/source.ts"
import { Namespace } from "../../faults/namespace.ts"
import { startNodeRegistries } from "../../faults/node-registries.ts"
import type { Lab } from "../../lab/lab.ts"
import { say } from "../progress.ts"
import type { Case as Measured, Measurement, Verdict } from "../schema.ts"
import { Api } from "./api.ts"
import { type Case, CASES, chosen, MISSED } from "./cases.ts"
import { type Change, CHANGES, changeThrice } from "./changes.ts"
import { CloudNative } from "./module.ts"
import { Observer } from "./observer.ts"
import { type Ground, Site } from "./site.ts"
import type { Tool } from "./tool.ts"
import { TOOL_NAMES, toolsFor, UNMEASURED } from "./tools.ts"

/** Seconds that a peer is waited for; by themselves, kubectl and Helm would wait for 600 and 300. */
const CAP = 90
/** Calls of peers that are under way at once: they mostly wait. */
const PEERS_AT_ONCE = 6
/** The module takes the processors: its verdicts are measured one by one. */
const FAULTS = { atOnce: 1, isBeside: true }
/** Those of peers roll out one release after another: beside them, the module's users have to wait. */
const CONTROLS = { atOnce: 2, isBeside: false }

/** After these, a namespace whose pods are whole again is as before. */
const UNDONE: Measurement["outcome"][] = ["failed", "refused", "missed"]

export interface VerdictOptions {
  rounds: number
  /** Names of cases and changes; all where there is none. */
  cases: string[]
  /** Names of tools; all where there is none. */
  tools: string[]
}

/** The names that no case, change or tool has. */
export function unknownNames({ cases, tools }: VerdictOptions): string[] {
  return [
    ...cases.filter(name => chosen<{ name: string }>([...CASES, ...CHANGES], [name]).length === 0),
    ...tools.filter(name => !TOOL_NAMES.includes(name)),
  ]
}

export async function benchVerdict(lab: Lab, { rounds, cases, tools: wanted }: VerdictOptions): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), "cloud-native-bench-"))
  const api = new Api(lab)
  const observer = new Observer(api)
  try {
    await startNodeRegistries(lab)
    const home = { HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder }
    const peers = { env: { ...process.env, KUBECONFIG: lab.kubeconfig, ...home }, folder, cap: CAP }
    const tools = await toolsFor(lab, peers, wanted)
    const ofKind = (kind: Case["kind"]) => chosen(CASES, cases).filter(one => one.kind === kind)
    say("verdict: the images")
    const ground: Ground = { lab, api, observer, images: await buildImages(lab) }
    return {
      rounds,
      cap: CAP,
      tools: [...tools.map(({ name, label }) => ({ name, label })), ...UNMEASURED],
      cases: [
        ...(await measureCases(ground, tools, ofKind("fault"), rounds, FAULTS)),
        ...(await measureCases(ground, tools, ofKind("control"), rounds, CONTROLS)),
        ...(await measureChanges(ground, tools, chosen(CHANGES, cases), rounds)),
      ],
      missed: MISSED,
    }
  } finally {
    await observer.stop()
    rmSync(folder, { recursive: true })
  }
}

/** The minimal source's images by digest, which are the same in each release. */
async function buildImages(lab: Lab): Promise<Record<string, string>> {
  const namespace = await Namespace.create(lab, "images")
  const { isSuccess, said } = await new CloudNative(lab).deploy({ namespace, source: Source.minimal(), manifests: [] })
  if (!isSuccess) throw new Error(`the images could not be built: ${said}`)
  await namespace.kubectl("delete", "namespace", namespace.name, "--wait=false")
  const references = said.matchAll(/^(backend|frontend) +(\S+@sha256:[0-9a-f]{64})/gm)
  return Object.fromEntries([...references].map(([, application, reference]) => [application!, reference!]))
}

/** Calls of the module, so many at once, with those of its peers beside them or before. */
async function measureCases(
  ground: Ground,
  tools: Tool[],
  cases: Case[],
  rounds: number,
  { atOnce, isBeside }: { atOnce: number; isBeside: boolean },
): Promise<Measured[]> {
  const results = cases.map(one => ({ one, rounds: emptyRounds(tools) }))
  const free: Site[] = []
  const unitsOf = (some: Tool[]) =>
    range(rounds).flatMap(round =>
      results.flatMap(result =>
        some.map(tool => () => measureUnit(ground, free, tool, result.one, round, result.rounds)),
      ),
    )
  const isModule = (tool: Tool) => tool instanceof CloudNative
  const ofModule = () => inLanes(unitsOf(tools.filter(isModule)), atOnce)
  const ofPeers = () => inLanes(unitsOf(tools.filter(tool => !isModule(tool))), PEERS_AT_ONCE)
  if (isBeside) await Promise.all([ofModule(), ofPeers()])
  else {
    await ofPeers()
    await ofModule()
  }
  await Promise.all(free.map(site => site.remove()))
  return results.map(({ one: { name, kind, family }, rounds }) => ({ name, kind, family, rounds }))
}

async function measureUnit(
  ground: Ground,
  free: Site[],
  tool: Tool,
  one: Case,
  round: number,
  rounds: Measured["rounds"],
): Promise<void> {
  const measured = rounds[tool.name]!
  if (measured[0]?.outcome === "capped") return
  const index = free.findIndex(site => site.fits(tool, one))
  const site = index < 0 ? await Site.prepare(ground, tool, one) : free.splice(index, 1)[0]!
  let isAsBefore = false
  try {
    const measurement = await site.measure(one, round)
    measured.push(measurement)
    sayMeasured(one.name, tool, round, measurement)
    isAsBefore = UNDONE.includes(measurement.outcome) && measurement.whole !== undefined
  } finally {
    if (isAsBefore && site.fits(tool, one)) free.push(site)
    else await site.remove()
  }
}

/** One tool at a time, with nothing beside it: what is compared is a second or two. */
async function measureChanges(
  ground: Ground,
  tools: Tool[],
  changes: { name: Change }[],
  rounds: number,
): Promise<Measured[]> {
  if (changes.length === 0) return []
  const results = changes.map(({ name }) => ({ name, kind: "change" as const, rounds: emptyRounds(tools) }))
  const units = range(rounds).flatMap(round =>
    tools.map(tool => async () => {
      const measured = await changeThrice(ground, tool)
      for (const { name, rounds } of results) {
        rounds[tool.name]!.push(measured[name])
        sayMeasured(name, tool, round, measured[name])
      }
    }),
  )
  await inLanes(units, 1)
  return results
}

/** A unit that cannot be measured is said, and missing in the results: those of an hour are not lost for it. */
async function inLanes(units: (() => Promise<void>)[], lanes: number): Promise<void> {
  const queue = [...units]
  const lane = async () => {
    for (let unit = queue.shift(); unit; unit = queue.shift())
      await unit().catch((error: unknown) => say(`verdict: not measured: ${messageOf(error)}`))
  }
  await Promise.all(range(lanes).map(lane))
}

function emptyRounds(tools: Tool[]): Measured["rounds"] {
  return Object.fromEntries(tools.map(({ name }) => [name, []]))
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

function sayMeasured(name: string, tool: Tool, round: number, { outcome, verdict, whole, call }: Measurement): void {
  const back = whole === undefined ? "" : `, whole after ${whole} s`
  say(`verdict: ${name}: ${tool.name}, round ${round}: ${outcome} after ${verdict} s${back}; the call took ${call} s`)
}
