import { describe, expect, test } from "vitest"

import { dagger } from "./dagger.ts"
import { Source } from "./source.ts"

const report = (cases: string) => `<testsuites><testsuite>${cases}</testsuite></testsuites>`
const writeReport = (cases: string) => `open("junit.xml", "w").write('''${report(cases)}''')\n`

/** What stops the gate: the backend's suite, and what has to be said of it. */
const STOPPED: Record<string, { suite: string; says: string[] }> = {
  "a failing test": {
    suite: writeReport('<testcase name="adds"><failure message="1 is not 2"/></testcase>') + "exit(1)",
    says: ["failed: adds", "1 is not 2"],
  },
  "an erroring test": {
    suite: writeReport('<testcase name="adds"><error message="no fixture"/></testcase>') + "exit(1)",
    says: ["errored: adds", "no fixture"],
  },
  "a skipped test": {
    suite: writeReport('<testcase name="adds"/><testcase name="later"><skipped message="not today"/></testcase>'),
    says: ["skipped: later", "not today"],
  },
  "no tests": { suite: writeReport(""), says: ["the suite has no tests"] },
  "a runner that crashes": {
    suite: 'print("about to fall", flush=True)\nimport os; os.abort()',
    says: ["wrote no JUnit report", "about to fall"],
  },
  "a runner that writes no report": {
    suite: 'print("all good")',
    says: ["wrote no JUnit report", "exit code 0", "all good"],
  },
  "a report that is no JUnit": { suite: 'open("junit.xml", "w").write("<html>")', says: ["report cannot be read"] },
  "a runner that fails though every test passed": {
    suite: writeReport('<testcase name="adds"/>') + 'print("coverage is too low")\nexit(2)',
    says: ["every test passed, yet", "exit code 2", "coverage is too low"],
  },
}

describe("the gate stops everything before a build", () => {
  test.concurrent.each(Object.entries(STOPPED))("%s", async (_, { suite, says }) => {
    const source = Source.minimal().write("api/suite.py", suite)
    const ended = await dagger(`--source=${source.path}`, "build", "summary")
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["TESTS_FAILED", ...says]) expect(ended.stderr).toContain(text)
    expect(ended.stderr).not.toContain("build: backend")
  })

  test.concurrent("a runner that hangs", async () => {
    const source = Source.minimal()
      .write("api/suite.py", 'import time\nprint("waiting", flush=True)\ntime.sleep(600)')
      .edit("cloud-native.yaml", "timeout: 20", "timeout: 2")
    const ended = await dagger(`--source=${source.path}`, "build", "summary")
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["did not end within 2 s", "waiting"]) expect(ended.stderr).toContain(text)
    expect(ended.stderr).not.toContain("build: backend")
  })

  test.concurrent("dependencies that cannot be installed, and what the other suite has to say", async () => {
    const source = Source.minimal()
      .edit(
        "cloud-native.yaml",
        "install: [], command: [node",
        "install: [[node, no-such-installer.mjs]], command: [node",
      )
      .write("api/suite.py", STOPPED["a failing test"]!.suite)
    const ended = await dagger(`--source=${source.path}`, "build", "summary")
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of [
      "TEST_RUNNER_FAILED",
      "frontend: the suite could not be run",
      "no-such-installer.mjs",
      "failed: adds",
    ])
      expect(ended.stderr).toContain(text)
    expect(ended.stderr).not.toContain("build: backend")
  })

  test.concurrent("a report that lies in the source is not taken for the run's", async () => {
    const source = Source.minimal()
      .write("api/junit.xml", report('<testcase name="of another day"/>'))
      .write("api/suite.py", "pass")
    const ended = await dagger(`--source=${source.path}`, "test", "summary")
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toContain("wrote no JUnit report")
  })

  test.concurrent("one test in each suite of the sample application: both are named", async () => {
    const source = Source.sample()
      .write("test/app/backend/tests/test_broken.py", "def test_of_the_backend():\n    assert 1 == 2\n")
      .write(
        "test/app/frontend/test/broken.test.ts",
        'import { expect, test } from "vitest"\n\ntest("of the frontend", () => expect(1).toBe(2))\n',
      )
    const ended = await dagger(`--source=${source.path}`, "build", "summary")
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["test_of_the_backend", "assert 1 == 2", "of the frontend", "expected 1 to be 2"])
      expect(ended.stderr).toContain(text)
    expect(ended.stderr).not.toContain("build: backend")
  })
})

describe("without a lockfile, by npm and poetry", () => {
  /** Dockerfiles that build from the tested versions alone: npm ci and the test of the file fail without them. */
  const unlocked = () =>
    Source.minimal()
      .write("web/package.json", '{ "private": true, "dependencies": { "is-number": "*" } }')
      .write(
        "api/pyproject.toml",
        // A mirror of PyPI has its index, and not always the API that poetry asks by default.
        '[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\nname = "index"\nurl = "https://pypi.org/simple/"\n[tool.poetry.dependencies]\npython = "^3.13"\ntoml = "*"\n',
      )
      .edit(
        "cloud-native.yaml",
        "install: [], command: [python, suite.py], caches: []",
        "command: [poetry, run, python, suite.py]",
      )
      .edit("cloud-native.yaml", "install: [], command: [node, suite.mjs], caches: []", "command: [node, suite.mjs]")
      .edit(
        "docker/web.dockerfile",
        "COPY main.mjs .",
        "COPY package.json package-lock.json* ./\nRUN npm ci\nCOPY main.mjs .",
      )
      .edit(
        "docker/api.dockerfile",
        "COPY main.py .",
        "COPY pyproject.toml poetry.lock* ./\nRUN grep toml poetry.lock\nCOPY main.py .",
      )

  test.concurrent("the image gets the versions that were tested, and a person hears how to pin them", async () => {
    const source = unlocked()
    const tested = await dagger(`--source=${source.path}`, "test", "summary")
    for (const command of ["npm install --package-lock-only` in web", "poetry lock` in api"])
      expect(tested.stdout, tested.stderr).toContain(
        `the image gets those that the tests ran on, which another day are others; make one: \`${command}`,
      )
    const built = await dagger(`--source=${source.path}`, "build", "summary")
    expect(built.exitCode, built.stderr).toBe(0)
  })

  test.concurrent(
    "a Dockerfile that does not copy the lockfile gets none, and a person hears that, too",
    { tags: "slow" },
    async () => {
      const source = unlocked().edit("docker/web.dockerfile", " package-lock.json*", "")
      const tested = await dagger(`--source=${source.path}`, "test", "summary")
      expect(tested.stdout, tested.stderr).toMatch(/frontend: web has no lockfile.* the image may get others/)
      const built = await dagger(`--source=${source.path}`, "build", "summary")
      expect(built.exitCode).toBe(1)
      for (const text of ["BUILD_FAILED", "docker/web.dockerfile does not build", "npm ci"])
        expect(built.stderr).toContain(text)
    },
  )
})

describe("the gate opens", () => {
  test.concurrent("when every test of both suites passes, and says how many", async () => {
    const source = Source.minimal()
    const ended = await dagger(`--source=${source.path}`, "test", "summary")
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/backend +1 +1 +0/)
    expect(ended.stdout).toMatch(/frontend +1 +1 +0/)
  })

  test.concurrent("for skipped tests that the config names", async () => {
    const source = Source.minimal()
      .write("api/suite.py", writeReport('<testcase name="adds"/><testcase name="later"><skipped/></testcase>'))
      .edit("cloud-native.yaml", "timeout: 20", "allowSkipped: [later]")
    const ended = await dagger(`--source=${source.path}`, "test", "summary")
    expect(ended.exitCode, ended.stderr).toBe(0)
  })

  const JUNIT = report('<testcase name="runs in the stage"/>')
  test.concurrent("in a stage whose environment has no pip, as uv makes one: what is installed is there", async () => {
    const source = Source.minimal()
      .edit("cloud-native.yaml", "test: { install: []", "test: { target: deps, install: [[pip, --version]]")
      .edit(
        "docker/api.dockerfile",
        "FROM python:3.13-slim AS build",
        "FROM python:3.13-slim AS deps\nRUN python -m venv --without-pip /venv\nENV PATH=/venv/bin:$PATH\n\nFROM python:3.13-slim AS build",
      )
      .write(
        "api/suite.py",
        `import sys, pip\nassert pip.__file__.startswith(sys.prefix) and sys.prefix == "/venv"\nopen("junit.xml", "w").write('${JUNIT}')\n`,
      )
    const ended = await dagger(`--source=${source.path}`, "test", "summary")
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/backend +1 +1 +0/)
  })

  test.concurrent("in a stage that sets NODE_ENV for the image: the installation and the tests have none", async () => {
    const check = 'if (process.env.NODE_ENV) throw new Error("NODE_ENV is set")\n'
    const source = Source.minimal()
      .edit(
        "cloud-native.yaml",
        "test: { install: [], command: [node",
        "test: { target: build, install: [[node, install.mjs]], command: [node",
      )
      .edit("docker/web.dockerfile", "AS build\n", "AS build\nENV NODE_ENV=production\n")
      .write("web/install.mjs", check)
      .write(
        "web/suite.mjs",
        `${check}import { writeFileSync } from "node:fs"\nwriteFileSync("junit.xml", '${JUNIT}')\n`,
      )
    const ended = await dagger(`--source=${source.path}`, "test", "summary")
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/frontend +1 +1 +0/)
  })
})
