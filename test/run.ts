// `npm test` and `npm run test:dagger`: the tiers in order of cost, then one line with the counts of all of them.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { spawnSync } from "node:child_process"

const ROOT = join(import.meta.dirname, "..")
const TIERS = ["unit", "conformance", "e2e"]

interface Counts {
  numPassedTests: number
  numFailedTests: number
  success: boolean
}

function runTier(name: string, folder: string): Counts {
  const report = join(folder, `${name}.json`)
  const vitest = join(ROOT, "node_modules/.bin/vitest")
  const args = ["run", "--project", name, "--reporter=verbose", "--reporter=json", `--outputFile.json=${report}`]
  const ended = spawnSync(vitest, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] })
  const counts = JSON.parse(readFileSync(report, "utf8")) as Counts
  return { ...counts, success: counts.success && ended.status === 0 }
}

const folder = mkdtempSync(join(tmpdir(), "cloud-native-tests-"))
try {
  const tiers = TIERS.map(name => runTier(name, folder))
  const sum = (key: "numPassedTests" | "numFailedTests") => tiers.reduce((total, tier) => total + tier[key], 0)
  console.log(`${sum("numPassedTests")} passed, ${sum("numFailedTests")} failed`)
  process.exitCode = tiers.every(tier => tier.success) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true })
}
