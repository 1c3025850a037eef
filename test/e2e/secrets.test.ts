// Secrets in a source, and images that hold what they must not; test/verify has every other case.
import { createHash, randomUUID } from "node:crypto"

import { describe, expect, test } from "vitest"

import { dagger } from "./dagger.ts"
import { Source } from "./source.ts"

// Put together here: it does not stand in this repository, which is searched like any other.
const SECRET = `ghp_${"x7Kq2mZr9TvB4nWc8LdY".repeat(2).slice(0, 36)}`

/** A source is its own repository, where it is one. */
const checkSecrets = ({ path }: Source) => dagger(`--source=${path}`, "check-secrets", `--repository=${path}`)

describe("secrets in the source", () => {
  test.concurrent("this repository has none", async () => {
    const ended = await dagger("check-secrets")
    expect(ended.exitCode, ended.stderr).toBe(0)
  })

  test.concurrent("one is named by rule and place, and not shown", async () => {
    const ended = await checkSecrets(Source.minimal().write("api/settings.py", `TOKEN = "${SECRET}"\n`))
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["SECRETS_FOUND", "github-pat: api/settings.py:1", "searched: the source alone"])
      expect(ended.stderr).toContain(text)
    expect(ended.stderr + ended.stdout).not.toContain(SECRET)
  })

  test.concurrent("files that are passed to the module are not part of the source", async () => {
    const source = Source.minimal()
      .write("prod.env", `TOKEN=${SECRET}\n`)
      .write("cosign.key", `${SECRET}\n`)
      .write("api/deployer.kubeconfig", `token: ${SECRET}\n`)
    const ended = await checkSecrets(source)
    expect(ended.exitCode, ended.stderr).toBe(0)
  })

  test.concurrent("an exception in the source applies", async () => {
    const source = Source.minimal()
      .write("api/settings.py", `TOKEN = "${SECRET}"\n`)
      .write(".gitleaksignore", "api/settings.py:github-pat:1\n")
    const ended = await checkSecrets(source)
    expect(ended.exitCode, ended.stderr).toBe(0)
  })
})

describe("secrets in the last commit", () => {
  test.concurrent("one in a file that is never read as source is named by rule and place, and not shown", async () => {
    const ended = await checkSecrets(Source.minimal().write("api/.env", `TOKEN=${SECRET}\n`).commit())
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["SECRETS_FOUND", "github-pat: api/.env:1, in the last commit"])
      expect(ended.stderr).toContain(text)
    expect(ended.stderr + ended.stdout).not.toContain(SECRET)
  })

  test.concurrent("a file that git ignores is not part of it", async () => {
    const ended = await checkSecrets(
      Source.minimal().write(".gitignore", ".env\n").write("api/.env", `TOKEN=${SECRET}\n`).commit(),
    )
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stderr).toContain("searched: the source and the last commit")
  })

  test.concurrent("one that was removed or excluded since does not fail the next commit", async () => {
    const source = Source.minimal()
      .write("api/settings.py", `TOKEN = "${SECRET}"\n`)
      .write("api/.env", `TOKEN=${SECRET}\n`)
      .commit()
      .write("api/settings.py", "")
      .write(".gitleaksignore", "api/.env:github-pat:1\n")
    const ended = await checkSecrets(source)
    expect(ended.exitCode, ended.stderr).toBe(0)
  })

  test.concurrent("submodules are not fetched: the caller may not be allowed to read them all", async () => {
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

describe("secrets of a build", () => {
  const TOKEN = ["k9Xw2RtQz7Lm", "B4vN8sYc1HdF"].join("")
  const HASH = createHash("sha256").update(TOKEN).digest("hex")
  const USED = `test "$(sha256sum < /run/secrets/npm-token | cut -d " " -f 1)" = ${HASH}`
  const HAS = `import hashlib, os; assert hashlib.sha256(os.environ["npm_token"].encode()).hexdigest() == "${HASH}"`

  /** The backend's Dockerfile has a step with the secret, which no earlier build has made; the dotenv is at the root, where it is no source. */
  const withStep = (step: string) =>
    Source.minimal()
      .write("build.env", `npm_token=${TOKEN}\n`)
      .edit(
        "docker/api.dockerfile",
        "USER 10001",
        `RUN --mount=type=secret,id=npm-token,required=true : ${randomUUID()} && ${step}\nUSER 10001`,
      )

  test.concurrent(
    "one reaches its steps and the installation of the tests, and is in no output and no image",
    async () => {
      const source = withStep(USED)
        .edit(
          "cloud-native.yaml",
          "install: [], command: [python",
          `install: [[python, -c, '${HAS}']], command: [python`,
        )
        .edit("api/suite.py", "\n\n", '\nimport os\n\nassert "npm_token" not in os.environ\n')
        .edit(
          "docker/web.dockerfile",
          "USER 10001",
          "RUN --mount=type=secret,id=npm-token cp /run/secrets/npm-token /app/\nUSER 10001",
        )
      const ended = await dagger(
        `--source=${source.path}`,
        `--build-secrets=file:${source.path}/build.env`,
        "verify-image",
        "summary",
      )
      // The frontend's image has it, which shows that it would have been found in the backend's.
      expect(ended.exitCode, ended.stderr).toBe(1)
      expect(ended.stderr).toMatch(/backend +given secrets +none +none found +PASS/)
      expect(ended.stderr).toMatch(/frontend +given secrets .*FAIL/)
      expect(ended.stderr).toMatch(/npm_token of a secret that was given: layer \d+: \/app\/npm-token/)
      expect(ended.stderr).not.toContain("mounts the secret")
      expect(ended.stderr + ended.stdout).not.toContain(TOKEN)
    },
  )

  test.concurrent("one that is missing is named before the step fails", async () => {
    const ended = await dagger(`--source=${withStep(USED).path}`, "build-backend", "summary")
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toContain(
      "warning: backend: docker/api.dockerfile mounts the secret npm-token, and --build-secrets has no npm_token: the step that requires it fails",
    )
    expect(ended.stderr).toContain("BUILD_FAILED")
  })

  test.concurrent("one that a failing step prints is not shown", async () => {
    const source = withStep("cat /run/secrets/npm-token && exit 7")
    const secrets = `--build-secrets=file:${source.path}/build.env`
    const ended = await dagger(`--source=${source.path}`, secrets, "build-backend", "summary")
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toMatch(/BUILD_FAILED[^]*exit 7/)
    expect(ended.stderr + ended.stdout).not.toContain(TOKEN)
  })
})
