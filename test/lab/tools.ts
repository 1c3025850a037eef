// Programs that tests run on this machine itself, in the versions that are named here.
import { join } from "node:path"

import { cachePath, makeOnce } from "./cache.ts"
import { type GoProgram, goProgram } from "./packages.ts"
import { ensureProgram } from "./podman.ts"
import { run } from "./process.ts"
import { step } from "./progress.ts"

/** Checks workflows of GitHub Actions: syntax, expressions, contexts. */
export const actionlint = () =>
  goProgram({
    name: "actionlint",
    module: "github.com/rhysd/actionlint",
    version: "v1.7.12",
    package: "cmd/actionlint",
    usually: "10 s",
  })

/** Runs workflows of GitHub Actions. */
export const act = () =>
  goProgram({ name: "act", module: "github.com/nektos/act", version: "v0.2.89", usually: "40 s" })

/** Checks workflows of GitHub Actions for what makes them unsafe. */
export const zizmor = () => pythonProgram("zizmor", "1.32.0")

/** Helm: what charts are rendered with, and what its users compare with. */
export const helm: GoProgram = {
  name: "helm",
  module: "helm.sh/helm/v4",
  version: "v4.3.1",
  package: "cmd/helm",
  usually: "2 min",
}

/** A browser: Debian's, since others download one of their own. */
export async function chromium(): Promise<string> {
  await ensureProgram("chromium", ["chromium"])
  return (await run(["which", "chromium"])).stdout.trim()
}

/** A program that a wheel of PyPI holds. */
async function pythonProgram(name: string, version: string): Promise<string> {
  const folder = await makeOnce(cachePath("bin", `${name}-${version}`), async temporary => {
    await ensureProgram("python3", ["python3", "python3-pip"])
    const install = [
      "python3",
      "-m",
      "pip",
      "install",
      "--quiet",
      "--root-user-action=ignore",
      "--no-deps",
      `--target=${temporary}`,
      `${name}==${version}`,
    ]
    await step(`installing ${name} ${version}`, "5 s", () => run(install))
  })
  return join(folder, "bin", name)
}
