// `npm test`: the code's gate, then the tiers in order of cost, then one line with the counts of all of them.
// `npm run test:dagger`: conformance and end-to-end on the real engine, 0.21 or 1.0, that the `dagger` on the PATH reaches.
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"

import { run } from "./lab/process.ts"

const ROOT = join(import.meta.dirname, "..")
const VITEST = join(ROOT, "node_modules/.bin/vitest")

interface Tier {
  /** Vitest's projects, whose files run side by side. */
  projects: string[]
  /** What vitest is started through: `dagger run` gives it a session of the real engine. */
  through: string[]
  /** Which of its tests run, where not all of them do. */
  filter: string[]
  environment: Record<string, string>
}

/** What `npm test` runs. */
const EMBEDDED: Tier[] = [
  { projects: ["unit"], filter: [] },
  { projects: ["conformance"], filter: [] },
  { projects: ["e2e"], filter: ["--tags-filter=!slow"] },
  { projects: ["reuse", "adoption", "faults"], filter: ["--tags-filter=representative"] },
].map(tier => ({ ...tier, through: [], environment: {} }))

/** Where this line has no `dagger run`, the SDK starts the session with the CLI itself. */
function realTiers(): Tier[] {
  const through = spawnSync("dagger", ["run", "--help"]).status === 0 ? ["dagger", "run"] : []
  const environment = { DAGGER: "dagger", _EXPERIMENTAL_DAGGER_CLI_BIN: "dagger" }
  return [
    { projects: ["conformance"], through, filter: [], environment },
    { projects: ["e2e"], through: [], filter: [], environment },
  ]
}

/** Tests that are printed with their time. */
const SLOWEST = 20

/** What the code itself is held to, before any of it runs. */
const CODE = [
  ["tsc", "--pretty"],
  ["eslint", "."],
  ["prettier", "--check", "--log-level=warn", "."],
]

/** What vitest's JSON report says of one test file. */
interface TestFile {
  name: string
  message: string
  /** `duration`: milliseconds; unset: it did not run. */
  assertionResults: { fullName: string; status: string; failureMessages: string[]; duration?: number }[]
}

interface Counts {
  numPassedTests: number
  numFailedTests: number
  success: boolean
  testResults: TestFile[]
}

const nameOf = ({ projects }: Tier) => projects.join("+")

function runTier(tier: Tier, folder: string): Counts {
  const { projects, through, filter, environment } = tier
  const report = join(folder, `${nameOf(tier)}.json`)
  const args = [
    ...through,
    VITEST,
    "run",
    ...projects.map(name => `--project=${name}`),
    ...filter,
    "--reporter=verbose",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]
  const env = { ...process.env, ...environment }
  const ended = spawnSync(args[0]!, args.slice(1), { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit"] })
  if (!existsSync(report)) return { numPassedTests: 0, numFailedTests: 0, success: false, testResults: [] }
  const counts = JSON.parse(readFileSync(report, "utf8")) as Counts
  return { ...counts, success: counts.success && ended.status === 0 }
}

/** Fails where a type, a rule of the linter or the format is broken. */
async function checkCode(): Promise<Counts> {
  const answers = await Promise.all(CODE.map(([program, ...args]) => check(program!, args)))
  const numPassedTests = answers.filter(Boolean).length
  const numFailedTests = CODE.length - numPassedTests
  return { numPassedTests, numFailedTests, success: numFailedTests === 0, testResults: [] }
}

async function check(program: string, args: string[]): Promise<boolean> {
  const argv = [join(ROOT, "node_modules/.bin", program), ...args]
  const { exitCode, stdout, stderr } = await run(argv, { cwd: ROOT, check: false })
  console.log(`code: ${[program, ...args].join(" ")}\n${stdout}${stderr}`.trim())
  return exitCode === 0
}

/** The failed tests once more, since thousands of lines stand between some of them and the end. */
function failures({ testResults }: Counts): string[] {
  return testResults.flatMap(({ name, message, assertionResults }) => [
    ...(message ? [`${relative(ROOT, name)}\n${message}`] : []),
    ...assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) =>
        [`${relative(ROOT, name)} > ${fullName}`, ...failureMessages].join("\n").slice(0, 3000),
      ),
  ])
}

/** What the run's minutes went to: each tier, and the tests that took longest. */
function printTimes(seconds: Record<string, number>, counts: Counts[]): void {
  const tests = counts.flatMap(({ testResults }) =>
    testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ fullName, duration = 0 }) => ({
        title: `${relative(ROOT, name)} > ${fullName}`,
        duration,
      })),
    ),
  )
  const slowest = tests.sort((a, b) => b.duration - a.duration).slice(0, SLOWEST)
  for (const { title, duration } of slowest) console.log(`${Math.round(duration / 1000)} s: ${title}`)
  console.log(
    Object.entries(seconds)
      .map(([name, took]) => `${name} ${took} s`)
      .join(", "),
  )
}

async function runTiers(tiers: Tier[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cloud-native-tests-"))
  const seconds: Record<string, number> = {}
  const timed = async (name: string, work: () => Counts | Promise<Counts>) => {
    const started = Date.now()
    const counts = await work()
    seconds[name] = Math.round((Date.now() - started) / 1000)
    return counts
  }
  try {
    const counts = [await timed("code", checkCode)]
    for (const tier of tiers) counts.push(await timed(nameOf(tier), () => runTier(tier, folder)))
    printTimes(seconds, counts)
    const sum = (key: "numPassedTests" | "numFailedTests") => counts.reduce((total, tier) => total + tier[key], 0)
    for (const failure of counts.flatMap(failures)) console.log(`failed: ${failure}\n`)
    console.log(`${sum("numPassedTests")} passed, ${sum("numFailedTests")} failed`)
    process.exitCode = counts.every(tier => tier.success) ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (!process.argv.includes("--dagger")) await runTiers(EMBEDDED)
else if (spawnSync("dagger", ["version"]).status === 0) await runTiers(realTiers())
else {
  console.error("test:dagger needs a Dagger CLI (v0.21.9 or 1.0) on the PATH, and an engine that it reaches")
  process.exitCode = 1
}
