import { describe, expect, test } from "vitest"

import type { Layout } from "../../../.dagger/src/gate/layout.ts"
import { pythonRunner } from "../../../.dagger/src/gate/python-runner.ts"
import type { Toolchain } from "../../../.dagger/src/gate/suite.ts"

const TEST = { "api/test_a.py": "" }
const NAMED = { ...TEST, "api/pyproject.toml": 'dev = [\n  "pytest>=8",\n]\n' }

/** The runner of the application in the folder api, with the package manager that runs programs so. */
function runner(
  texts: Layout["texts"],
  run: string[] = ["uv", "run"],
  { below = ".", manifest = "", install = [["sync"]] } = {},
) {
  const toolchain = {
    root: "api",
    run,
    install,
    lockfiles: ["some.lock"],
    expected: manifest ? { manifest } : undefined,
  } as unknown as Toolchain
  return pythonRunner("api", "junit.xml", below, toolchain, { files: Object.keys(texts), texts })
}
const PYTEST = "python -m pytest --junit-xml=junit.xml"

describe("pytest runs where there are tests", () => {
  test.each([
    ["api/test_a.py", true],
    ["api/src/all_test.py", true],
    ["api/test_.py", true],
    ["api/contest_a.py", false],
    ["api/a_tests.py", false],
    ["api/test_a.pyc", false],
    ["api/test_a/main.py", false],
    ["test_a.py", false],
    ["api2/test_a.py", false],
  ])("%s: %s", (file, runs) => {
    const texts = { "api/pyproject.toml": NAMED["api/pyproject.toml"], [file]: "" }
    expect(runner(texts) !== undefined).toBe(runs)
  })
})

test("pytest runs the tests of an application in the repository's root", () => {
  const toolchain = { root: ".", run: ["uv", "run"], install: [], lockfiles: [] } as unknown as Toolchain
  const files = { "test_a.py": "" }
  expect(pythonRunner(".", "junit.xml", ".", toolchain, { files: Object.keys(files), texts: files })).toBeDefined()
})

describe("pytest is that of the repository, where it names it", () => {
  test.each<[string, Layout["texts"]]>([
    ["among the dependencies of its manifest", NAMED],
    ["as a key of its manifest", { ...TEST, "api/pyproject.toml": 'pytest = "^8"\n' }],
    ["in its lockfile", { ...TEST, "api/some.lock": '[[package]]\nname = "pytest"\n' }],
  ])("%s", (_, texts) => {
    expect(runner(texts)).toEqual({ command: `uv run ${PYTEST}`.split(" "), tools: [], warnings: [] })
  })

  const WARNING =
    "api names no pytest: the suite ran with pytest==8.4.2, installed beside; add it to the development dependencies"
  test.each<[string, Layout["texts"]]>([
    ["no manifest", TEST],
    ["a package that only ends so", { ...TEST, "api/pyproject.toml": '"mypytest"\n', "api/some.lock": "" }],
    ["another folder's lockfile", { ...TEST, "some.lock": 'name = "pytest"\n' }],
    ["a text about it", { ...TEST, "api/pyproject.toml": 'description = "runs pytest"\n' }],
  ])("else uv brings one along, which is said: %s", (_, texts) => {
    expect(runner(texts)).toEqual({
      command: `uv run --with pytest==8.4.2 ${PYTEST}`.split(" "),
      tools: [],
      warnings: [WARNING],
    })
  })

  test("or pip installs one", () => {
    expect(runner(TEST, [])).toEqual({
      command: PYTEST.split(" "),
      tools: ["pip install --quiet --root-user-action=ignore pytest==8.4.2".split(" ")],
      warnings: [WARNING],
    })
  })

  test.each(["poetry", "pdm"])("or, for %s, it lies beside the environment", manager => {
    const found = runner(TEST, [manager, "run"])
    expect(found).toMatchObject({
      tools: ["pip install --quiet --root-user-action=ignore --target=/opt/pytest pytest==8.4.2".split(" ")],
      warnings: [WARNING],
    })
    expect(found?.command.join(" ")).toBe(`${manager} run env PYTHONPATH=/opt/pytest ${PYTEST}`)
    expect(runner(NAMED, [manager, "run"])?.command.join(" ")).toBe(`${manager} run ${PYTEST}`)
  })

  test.each<[string, Layout["texts"], boolean]>([
    ["its first file of requirements", { "api/a.txt": "pytest==8\n" }, true],
    ["its second one", { "api/a.txt": "fastapi==1\n", "api/b.txt": "fastapi==1\npytest-cov\n" }, true],
    ["a file that is not installed", { "api/c.txt": "pytest==8\n" }, false],
  ])("with pip, by %s: %s", (_, texts, named) => {
    expect(runner({ ...TEST, ...texts }, [], { manifest: "api/a.txt, api/b.txt" })?.tools).toHaveLength(named ? 0 : 1)
  })
})

test.each([
  ["pip install -r a.txt pytest>=8", true],
  ["pip install PyTest-cov", true],
  ["pip install -r a.txt not-pytest", false],
])("pytest is not installed beside where the installation names it: %s: %s", (install, named) => {
  expect(runner(TEST, [], { install: [install.split(" ")] })?.tools).toHaveLength(named ? 0 : 1)
})

test.each([
  ["uv run", "uv run --project=api"],
  ["pdm run", "pdm run --project=api"],
  ["poetry run", "poetry --project=api run"],
  ["", ""],
])("from the folder above, %j runs the application's tests in its own environment", (run, expected) => {
  const words = run.split(" ").filter(Boolean)
  expect(runner(NAMED, words, { below: "api", manifest: "api/pyproject.toml" })?.command.join(" ")).toBe(
    `${expected} ${PYTEST} api`.trim(),
  )
})
