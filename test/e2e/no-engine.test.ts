import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { expect, onTestFinished, test } from "vitest"

import { ROOT } from "./dagger.ts"

/** What `npm run demo` starts, on a machine that has these programs on its PATH and no others. */
function demoOnMachineWith(programs: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "cloud-native-bare-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, script] of Object.entries(programs)) writeFileSync(join(folder, name), script, { mode: 0o755 })
  symlinkSync(process.execPath, join(folder, "node"))
  symlinkSync("/bin/sh", join(folder, "sh"))
  return spawnSync(process.execPath, [join(ROOT, "node_modules/tsx/dist/cli.mjs"), "test/demo.ts"], {
    cwd: ROOT,
    env: { PATH: folder, HOME: folder },
    encoding: "utf8",
  })
}

test("neither Dagger nor Podman nor permission to install it: one sentence says what to install", () => {
  const { status, stdout, stderr } = demoOnMachineWith({})
  expect(status).toBe(1)
  expect(stdout).toBe("")
  expect(stderr.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^demo: no Dagger Engine here/),
    expect.stringMatching(
      /^demo: podman is needed and not on this machine: install it \(on Debian and Ubuntu: sudo apt-get install podman .*\)\.$/,
    ),
  ])
})

test("an installation that fails: what to install, and what apt-get said", () => {
  const { status, stderr } = demoOnMachineWith({
    "apt-get": "#!/bin/sh\necho 'E: Could not open lock file' >&2\nexit 100\n",
  })
  expect(status).toBe(1)
  // A user who is not root does not even try.
  const said = process.getuid?.() === 0 ? "E: Could not open lock file" : "sudo apt-get install"
  expect(stderr).toContain(said)
  expect(stderr).toMatch(/podman is needed and .*apt-get install podman/)
  expect(stderr).not.toMatch(/^ +at /m)
})
