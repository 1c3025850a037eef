import { inFolder, isIn, type Layout } from "./layout.js"
import { PIP } from "./python.js"
import type { Runner, Toolchain } from "./suite.js"

/** For a repository that has tests, and names no runner. It runs unittest's tests too. */
const PYTEST = "pytest==8.4.2"

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
  if (!named && manager && manager !== "uv") return undefined
  const beside = manager === "uv" && !named ? ["--with", PYTEST] : []
  // As a module: then the folder that the suite runs in can be imported from.
  const pytest = ["python", "-m", "pytest", `--junit-xml=${junit}`, ...(below === "." ? [] : [below])]
  return {
    command: [...(below === "." ? toolchain.run : fromAbove(toolchain.run, below)), ...beside, ...pytest],
    tools: named || manager ? [] : [[...PIP, PYTEST]],
    warnings: named
      ? []
      : [
          `${path} names no pytest: the suite ran with ${PYTEST}, installed beside; add it to the development dependencies`,
        ],
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
  const sources =
    toolchain.run.length > 0
      ? [inFolder(path, "pyproject.toml"), ...toolchain.lockfiles.map(file => inFolder(toolchain.root, file))]
      : (toolchain.expected?.manifest ?? "").split(", ")
  return sources.some(file => /^[\s"']*(name = ["'])?pytest\b/m.test(texts[file] ?? ""))
}
