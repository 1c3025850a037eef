import { inFolder, isIn, type Layout } from "./layout.js"
import { bringPytest } from "./pyproject.js"
import { PIP } from "./python.js"
import type { Runner, Toolchain } from "./suite.js"

/** For a repository that has tests, and names no runner. It runs unittest's tests too. */
const PYTEST = "pytest==8.4.2"
/** Where it lies for an environment that it is not put into, which would change the project's. */
const BESIDE = "/opt/pytest"

/** pytest, with what it takes to have it; undefined where there are no tests. `below` is the application's folder from the one that the suite runs in. */
export function pythonRunner(
  path: string,
  junit: string,
  below: string,
  toolchain: Toolchain,
  layout: Layout,
): Runner | undefined {
  const tests = layout.files.some(file => isIn(path, file) && /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(file))
  if (!tests) return undefined
  const named = toolchain.bringsPytest || namesPytest(path, toolchain, layout)
  const [manager] = toolchain.run
  const { tools, call } = named ? { tools: [], call: AS_MODULE } : beside(manager)
  const pytest = [...call, `--junit-xml=${junit}`, ...(below === "." ? [] : [below])]
  return {
    command: [...(below === "." ? toolchain.run : fromAbove(toolchain.run, below)), ...pytest],
    tools,
    warnings: named
      ? []
      : [
          `${path} names no pytest: the suite ran with ${PYTEST}, installed beside; add it to the development dependencies`,
        ],
  }
}

/** As a module: then the folder that the suite runs in can be imported from. */
const AS_MODULE = ["python", "-m", "pytest"]

/** How pytest comes to an environment that has none, without a change to the project. */
function beside(manager: string | undefined): { tools: string[][]; call: string[] } {
  switch (manager) {
    case undefined:
      return { tools: [[...PIP, PYTEST]], call: AS_MODULE }
    case "uv":
      return { tools: [], call: ["--with", PYTEST, ...AS_MODULE] }
    default:
      return { tools: [[...PIP, `--target=${BESIDE}`, PYTEST]], call: ["env", `PYTHONPATH=${BESIDE}`, ...AS_MODULE] }
  }
}

/** What runs a program of a project's environment from another folder. */
function fromAbove(run: string[], below: string): string[] {
  const [manager, ...rest] = run
  switch (manager) {
    case "poetry":
      return [manager, `--project=${below}`, ...rest]
    case "uv":
    case "pdm":
      return [...run, `--project=${below}`]
    default:
      return run
  }
}

function namesPytest(path: string, toolchain: Toolchain, { texts }: Layout): boolean {
  if (bringPytest(toolchain.install.flat())) return true
  const sources =
    toolchain.run.length > 0
      ? [inFolder(path, "pyproject.toml"), ...toolchain.lockfiles.map(file => inFolder(toolchain.root, file))]
      : (toolchain.expected?.manifest ?? "").split(", ")
  return sources.some(file => /^[\s"']*(name = ["'])?pytest\b/m.test(texts[file] ?? ""))
}
