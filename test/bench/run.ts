// `npm run bench`: what the module takes, measured beside what one would use instead. `npm run bench -- verdict` runs one part,
// and `npm run bench -- verdict --rounds=1 --cases=image-not-there --tools=module,helm` a piece of it. Rounds are those of the pipeline too.
import { writeFileSync } from "node:fs"
import { availableParallelism, cpus, release, totalmem } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"

import { ROOT } from "../e2e/dagger.ts"
import { removeSources } from "../e2e/source.ts"
import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { benchPipeline } from "./pipeline.ts"
import { say } from "./progress.ts"
import { Bench } from "./schema.ts"
import { failures, formatBench } from "./tables.ts"
import { benchUpdates } from "./updates.ts"
import { verdictSvg } from "./verdict/svg.ts"
import { benchVerdict, unknownNames, type VerdictOptions } from "./verdict/verdict.ts"

type Part = "verdict" | "pipeline" | "updates"
const PARTS: Record<Part, (lab: Lab, bench: Bench, options: VerdictOptions) => Promise<void>> = {
  verdict: async (lab, bench, options) => {
    bench.verdict = await benchVerdict(lab, options)
    writeFileSync(join(ROOT, "bench.svg"), verdictSvg(bench.verdict))
  },
  pipeline: async (lab, bench, { rounds }) => void (bench.pipeline = await benchPipeline(lab, rounds)),
  updates: async (lab, bench) => void (bench.updates = await benchUpdates(lab)),
}

function machine(): Bench["machine"] {
  return {
    processor: cpus()[0]!.model.trim(),
    cores: availableParallelism(),
    gibibytes: Math.round(totalmem() / 2 ** 30),
    system: `Linux ${release()}`,
  }
}

async function main(parts: Part[], options: VerdictOptions): Promise<void> {
  const bench: Bench = { startedAt: new Date().toISOString(), machine: machine() }
  const lab = await temporaryLab({ name: `bench-${process.pid}` })
  try {
    for (const part of parts) {
      say(`${part} …`)
      await PARTS[part](lab, bench, options)
      writeFileSync(join(ROOT, "bench.json"), `${JSON.stringify(Bench.parse(bench), null, 2)}\n`)
    }
  } finally {
    removeSources()
    await labDown(lab.name)
  }
  console.log(formatBench(bench))
  process.exitCode = failures(bench).length > 0 ? 1 : 0
}

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    cases: { type: "string", default: "" },
    tools: { type: "string", default: "" },
  },
})
const [cases, tools] = [values.cases, values.tools].map(names => names.split(",").filter(Boolean)) as [
  string[],
  string[],
]
const options = { rounds: Number(values.rounds), cases, tools }
const unknown = [...wanted.filter(name => !(name in PARTS)), ...unknownNames(options)]
if (unknown.length > 0) {
  console.error(
    `bench: unknown: ${unknown.join(", ")}; the parts are ${Object.keys(PARTS).join(", ")}; docs/benchmarks.md has the rest`,
  )
  process.exitCode = 2
} else {
  await main(wanted.length > 0 ? (wanted as Part[]) : (Object.keys(PARTS) as Part[]), options)
}
