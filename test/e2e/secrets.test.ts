// Secrets in a source, and images that hold what they must not; test/verify has every other case.
import { describe, expect, test } from "vitest"

import { dagger } from "./dagger.ts"
import { Source } from "./source.ts"

// Put together here: it does not stand in this repository, which is searched like any other.
const SECRET = `ghp_${"x7Kq2mZr9TvB4nWc8LdY".repeat(2).slice(0, 36)}`

/** A source is its own repository, where it is one. */
const checkSecrets = ({ path }: Source) => dagger(`--source=${path}`, "check-secrets", `--repository=${path}`)

describe("secrets in the source", () => {
  test("this repository has none", async () => {
    const ended = await dagger("check-secrets")
    expect(ended.exitCode, ended.stderr).toBe(0)
  })

  test("one is named by rule and place, and not shown", async () => {
    const ended = await checkSecrets(Source.minimal().write("api/settings.py", `TOKEN = "${SECRET}"\n`))
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["SECRETS_FOUND", "github-pat: api/settings.py:1", "searched: the source alone"])
      expect(ended.stderr).toContain(text)
    expect(ended.stderr + ended.stdout).not.toContain(SECRET)
  })

  test("files that are passed to the module are not part of the source", async () => {
    const source = Source.minimal()
      .write("prod.env", `TOKEN=${SECRET}\n`)
      .write("cosign.key", `${SECRET}\n`)
      .write("api/deployer.kubeconfig", `token: ${SECRET}\n`)
    const ended = await checkSecrets(source)
    expect(ended.exitCode, ended.stderr).toBe(0)
  })

  test("an exception in the source applies", async () => {
    const source = Source.minimal()
      .write("api/settings.py", `TOKEN = "${SECRET}"\n`)
      .write(".gitleaksignore", "api/settings.py:github-pat:1\n")
    const ended = await checkSecrets(source)
    expect(ended.exitCode, ended.stderr).toBe(0)
  })
})

describe("secrets in the last commit", () => {
  test("one in a file that is never read as source is named by rule and place, and not shown", async () => {
    const ended = await checkSecrets(Source.minimal().write("api/.env", `TOKEN=${SECRET}\n`).commit())
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["SECRETS_FOUND", "github-pat: api/.env:1, in the last commit"])
      expect(ended.stderr).toContain(text)
    expect(ended.stderr + ended.stdout).not.toContain(SECRET)
  })

  test("a file that git ignores is not part of it", async () => {
    const ended = await checkSecrets(
      Source.minimal().write(".gitignore", ".env\n").write("api/.env", `TOKEN=${SECRET}\n`).commit(),
    )
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stderr).toContain("searched: the source and the last commit")
  })

  test("one that was removed or excluded since does not fail the next commit", async () => {
    const source = Source.minimal()
      .write("api/settings.py", `TOKEN = "${SECRET}"\n`)
      .write("api/.env", `TOKEN=${SECRET}\n`)
      .commit()
      .write("api/settings.py", "")
      .write(".gitleaksignore", "api/.env:github-pat:1\n")
    const ended = await checkSecrets(source)
    expect(ended.exitCode, ended.stderr).toBe(0)
  })

  test("submodules are not fetched: the caller may not be allowed to read them all", async () => {
    const source = Source.minimal()
      .commit("api")
      .write(".gitmodules", '[submodule "api"]\n\tpath = api\n\turl = git@git.invalid:acme/api.git\n')
      .commit()
    const ended = await checkSecrets(source)
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stderr).toContain("searched: the source and the last commit")
  })
})

describe("an image is verified before it is pushed", () => {
  test("a secret that a later layer deletes, and a request in flight that is lost: both are reported, and nothing is pushed", async () => {
    const source = Source.minimal()
      .write("api/token.txt", `token = ${SECRET}\n`)
      .edit(
        "docker/api.dockerfile",
        "USER 10001:10001",
        "COPY token.txt /app/\nRUN rm /app/token.txt\nUSER 10001:10001",
      )
      .edit(
        "api/main.py",
        "lambda *_: threading.Thread(target=server.shutdown).start()",
        "lambda *_: __import__('os')._exit(0)",
      )
    const ended = await dagger(`--source=${source.path}`, "push", "--registry=localhost:1/none")
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toMatch(/github-pat: layer \d+: \/app\/token\.txt:1/)
    expect(ended.stderr).toMatch(/backend +request in flight .*lost +FAIL/)
    expect(ended.stderr).toMatch(/backend +confined .*PASS/)
    expect(ended.stderr).not.toContain(SECRET)
    expect(ended.stderr).not.toContain("push: localhost:1")
  })
})
