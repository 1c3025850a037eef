// The module in a repository of somebody else: it tests that repository, and nothing of its own.
import { cpSync, mkdirSync, symlinkSync, truncateSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"

import { checkIn, daggerIn, type Ended, ROOT } from "./dagger.ts"
import { Source } from "./source.ts"

// Put together here: it does not stand in this repository, which is searched like any other.
const SECRET = `ghp_${"x7Kq2mZr9TvB4nWc8LdY".repeat(2).slice(0, 36)}`

/** The module as files of another repository. */
function vendor({ path }: Source, folder: string): void {
  const isSource = (from: string) => !from.endsWith("/node_modules")
  for (const part of ["dagger.json", ".dagger"])
    cpSync(join(ROOT, part), join(path, folder, part), { recursive: true, filter: isSource })
  // Dagger installs the module's libraries; the embedded engine finds them here.
  symlinkSync(join(ROOT, "node_modules"), join(path, folder, ".dagger/node_modules"))
}

interface Way {
  way: string
  call: (source: Source) => Promise<Ended>
}

const TESTS = ["test", "summary"]
const WAYS: Way[] = [
  { way: "with -m", call: ({ path }) => daggerIn(path, "-m", ROOT, ...TESTS) },
  { way: "with -m, from a subfolder", call: ({ path }) => daggerIn(join(path, "api"), "-m", ROOT, ...TESTS) },
  {
    way: "as the repository's own module",
    call: source => {
      vendor(source, ".")
      return daggerIn(source.path, ...TESTS)
    },
  },
  {
    way: "as a toolchain, from a subfolder",
    call: source => {
      vendor(source, "ci")
      source.write(
        "dagger.json",
        JSON.stringify({ name: "shop", toolchains: [{ name: "cloud-native", source: "ci" }] }),
      )
      return daggerIn(join(source.path, "api"), "cloud-native", ...TESTS)
    },
  },
]

test.concurrent.each(WAYS)("$way, the tests are those of the repository", async ({ call }) => {
  const { exitCode, stdout, stderr } = await call(Source.minimal().commit())
  expect(exitCode, stderr).toBe(0)
  expect(stdout).toMatch(/^backend +1 +1 +0/m)
})

test.concurrent.each(["test", "check-secrets", "init", "verify-image --image=node:20-alpine"])(
  "%s: this module's own repository is no source for another one",
  async words => {
    const { path } = Source.minimal().commit()
    const { exitCode, stderr } = await daggerIn(path, "-m", ROOT, `--source=${ROOT}`, ...words.split(" "))
    expect(exitCode, stderr).toBe(1)
    expect(stderr).toContain(
      "the source is cloud-native's own repository, and the call came from a repository that is no module",
    )
    expect(stderr).toContain("legacy-default-path = true")
  },
)

describe("checks have the names of what they guarantee", () => {
  const check = (source: Source, ...words: string[]) => checkIn(source.commit().path, "-m", ROOT, ...words)

  test.concurrent("all are listed", async () => {
    const { exitCode, stdout, stderr } = await check(Source.minimal(), "-l")
    expect(exitCode, stderr).toBe(0)
    expect(stdout.match(/check-\w+/g)).toEqual([
      "check-images",
      "check-manifests",
      "check-plan",
      "check-secrets",
      "check-tests",
    ])
  })

  test.concurrent("check-images fails for an image that does", async () => {
    const source = Source.minimal().edit("docker/api.dockerfile", "USER 10001:10001\n", "")
    const { exitCode, stderr } = await check(source, "check-images")
    expect(exitCode, stderr).toBe(1)
    expect(stderr).toMatch(/backend +user .*FAIL/)
  })
})

describe("what is not source is not read", () => {
  const checkSecrets = ({ path }: Source) => daggerIn(path, "-m", ROOT, "check-secrets")

  test("files named as secrets are, files that git ignores, and libraries, whatever their size", async () => {
    const source = Source.minimal().write(".gitignore", "local.txt\nlib/\nnode_modules\n.env\n*.kubeconfig\n")
    for (const folder of ["lib", "web/node_modules"]) mkdirSync(join(source.path, folder))
    for (const name of ["api/.env", "api/deployer.kubeconfig", "local.txt", "lib/own.txt", "web/node_modules/large"])
      source.write(name, `TOKEN=${SECRET}\n`)
    truncateSync(join(source.path, "web/node_modules/large"), 200 * 1024 * 1024)
    const clean = await checkSecrets(source.commit())
    expect(clean.exitCode, clean.stderr).toBe(0)
    expect(clean.stderr).toContain("searched: the source and the last commit")

    const found = await checkSecrets(source.write(".gitignore", "lib/\nnode_modules\n"))
    expect(found.exitCode, found.stderr).toBe(1)
    expect(found.stderr).toContain("github-pat: local.txt:1")
    for (const name of [".env", "deployer.kubeconfig", "own.txt", "large"])
      expect(found.stderr).not.toContain(`${name}:1`)
  })
})
