// Runs before `npm test` and `npm run demo`: on a fresh clone, or after the lockfile changed, installs what they need.
import { spawnSync } from "node:child_process"
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const changed = path => (existsSync(path) ? statSync(path).mtimeMs : 0)

if (changed(join(root, "node_modules/.package-lock.json")) < changed(join(root, "package-lock.json"))) {
  console.error("installing the dependencies (npm ci)")
  process.exitCode =
    spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, stdio: ["ignore", "inherit", "inherit"] })
      .status ?? 1
}
