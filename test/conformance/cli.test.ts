import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { stripVTControlCharacters } from "node:util"

import { afterAll, beforeAll, expect, test } from "vitest"

const dagger = process.env.DAGGER || join(import.meta.dirname, "../engine/dagger")
const fixture = join(import.meta.dirname, "../engine/fixture")

// A copy beside the original, so that the SDK's types are found; its own repository, so that it is its own context.
let module: string
beforeAll(() => {
  module = mkdtempSync(join(fixture, "../.fixture-"))
  cpSync(fixture, module, { recursive: true })
  mkdirSync(join(module, ".git"))
  mkdirSync(join(module, "ignored"))
  writeFileSync(join(module, "ignored", "x"), "")
  writeFileSync(join(module, "noise.log"), "")
})
afterAll(() => rmSync(module, { recursive: true, force: true }))

interface Result {
  exitCode: number
  stdout: string
  stderr: string
}
const start = (args: string[], env: Record<string, string> = {}, cwd = module) => {
  // The CLI brings its own session.
  const { DAGGER_SESSION_PORT: _port, DAGGER_SESSION_TOKEN: _token, ...rest } = process.env
  return spawn(dagger, args, { cwd, env: { ...rest, ...env }, stdio: ["ignore", "pipe", "pipe"] })
}
const run = (args: string[], env?: Record<string, string>, cwd?: string): Promise<Result> =>
  new Promise((resolve, reject) => {
    const child = start(args, env, cwd),
      result = { stdout: "", stderr: "" }
    child.stdout.setEncoding("utf8").on("data", part => {
      result.stdout += part
    })
    child.stderr.setEncoding("utf8").on("data", part => {
      result.stderr += part
    })
    const plain = (text: string) => stripVTControlCharacters(text)
    child
      .on("error", reject)
      .on("close", code =>
        resolve({ exitCode: code ?? -1, stdout: plain(result.stdout), stderr: plain(result.stderr) }),
      )
  })
const call = (...args: string[]) => run(["call", "--progress=plain", ...args])

test("functions are listed by name, with the first line of what they do", async () => {
  const { exitCode, stdout } = await run(["functions", "--progress=plain"])
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^Name +Description\n/)
  expect(stdout).toMatch(/^greet +Greets somebody\.\n/m)
  expect((await run(["functions", "link", "--progress=plain"])).stdout).toMatch(/^next +The link after this one\.\n/m)
})

test("a string is printed as it is; what the module says goes to stderr", async () => {
  // A name of its own: a call that was made before is not made again, and says nothing.
  const name = randomUUID(),
    { exitCode, stdout, stderr } = await call("greet", "--name", name)
  expect([exitCode, stdout]).toEqual([0, `hello ${name}`])
  expect(stderr).toContain(`greeting ${name}`)
})

test("what an encapsulated span prints is not in the log, unless it is asked for", async () => {
  expect((await call("quiet")).stderr).not.toContain("muttered")
  expect((await call("-vv", "quiet")).stderr).toContain("muttered")
})

test("flags take strings, numbers, booleans, enums and lists, the constructor's come first", async () => {
  expect((await call("--greeting=hi", "greet", "--name=eve", "--times=2", "--loud")).stdout).toBe("HI EVE HI EVE")
  expect((await call("level", "--level", "high")).stdout).toBe("high")
  expect((await call("level")).stdout).toBe("low")
  expect((await call("words", "--words", "a,b", "--words=c")).stdout).toBe("a\nb\nc\n")
  expect((await call("words", "--words", "a", "--json")).stdout).toBe('[\n    "a"\n]\n')
})

test("a chain carries its state, private fields too", async () => {
  expect((await call("link", "next", "next", "summary")).stdout).toBe("link 3: notes.md")
  expect((await call("link", "next", "count")).stdout).toBe("2")
  expect((await call("links", "count")).stdout).toBe("1\n2\n")
})

test("objects are printed as opaque ids of their type, nothing as nothing", async () => {
  expect((await call("link")).stdout).toMatch(/^FixTureLink@\S+\n$/)
  expect((await call("folder")).stdout).toMatch(/^Directory@\S+\n$/)
  expect((await call("nothing")).stdout).toBe("")
})

test("core objects can be walked into and saved", async () => {
  expect((await call("folder", "entries")).stdout).toBe("a.txt\nsub/\n")
  expect((await call("container", "stdout")).stdout).toBe("said\n")
  const saved = join(module, "out")
  expect((await call("folder", "-o", saved)).exitCode).toBe(0)
  expect(readFileSync(join(saved, "sub/b.txt"), "utf8")).toBe("b")
  expect((await call("file", "-o", join(module, "out.txt"))).exitCode).toBe(0)
  expect(readFileSync(join(module, "out.txt"), "utf8")).toBe("content")
  expect((await call("greet", "--name=x", "-o", join(module, "text"))).stderr).toContain("Saved output to")
  expect(readFileSync(join(module, "text"), "utf8")).toBe("hello x")
  rmSync(saved, { recursive: true })
})

test("the source is the repository without what is ignored, or what a flag says", async () => {
  const { stdout } = await call("entries")
  expect(stdout).toContain("notes.md\n")
  expect(stdout).not.toMatch(/ignored|noise\.log|\.git\//)
  expect((await call("--source=.dagger", "entries")).stdout).toBe("src/\nsrc/index.ts\nsrc/link.ts\n")
})

test("a Workspace argument is filled in with the caller's repository, without a flag", async () => {
  const path = mkdtempSync(join(tmpdir(), "conformance-caller-"))
  for (const [name, content] of Object.entries({
    ".gitignore": "*.secret\n/build/\n",
    "notes.md": "",
    "a.secret": "",
    "build/out": "",
    "sub/[x]/b.secret": "",
    "sub/[x]/c": "",
  })) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), content)
  }
  mkdirSync(join(path, ".git"))
  const entries = async (cwd: string) =>
    (await run(["call", "--progress=plain", "-m", module, "repository"], {}, cwd)).stdout.split("\n").filter(Boolean)
  const expected = [".gitignore", "sub/", "sub/[x]/", "sub/[x]/c"]
  expect((await entries(path)).sort()).toEqual(expected)
  expect((await entries(join(path, "sub"))).sort()).toEqual(expected)
  writeFileSync(join(path, "later"), "")
  expect(await entries(path)).toContain("later")
  // 1.0 has a flag for it, which nobody needs.
  const isOne = (await run(["version"])).stdout.includes("v1.")
  expect((await call("repository", "--help")).stdout.includes("--ws")).toBe(isOne)
  rmSync(path, { recursive: true })
})

test("the caller's .env sets the constructor's arguments, by the module's name, in any case, with the caller's variables", async () => {
  const path = mkdtempSync(join(tmpdir(), "conformance-settings-"))
  const greet = async (dotenv: string, ...flags: string[]) => {
    writeFileSync(join(path, ".env"), dotenv)
    const words = ["call", "--progress=plain", "-m", module, ...flags, "greet", "--name=x"]
    return (await run(words, { TONE: "good day" }, path)).stdout
  }
  expect(await greet("FIX_TURE_GREETING=hi\nGREETING=ignored\n")).toBe("hi x")
  expect(await greet("FIX_TURE_GREETING=hi\n", "--greeting=welcome")).toBe("welcome x")
  expect(await greet("FIX_TURE_NO_SUCH=hi\n")).toBe("hello x")
  expect(await greet('FIX_TURE_GREETING="${TONE}"\n')).toBe("good day x")
  expect(await greet("FIX_TURE_GREETING=${NO_SUCH_TONE:-hi}\n")).toBe("hi x")
  expect(await greet("FIX_TURE_GREETING='${TONE}'\n")).toBe("${TONE} x")
  expect(await greet("FIX_TURE_GREETING=${NO_SUCH_TONE}\n")).toBe("")
  rmSync(path, { recursive: true })
})

test("a second identical call executes nothing", async () => {
  const first = await call("chance")
  expect(first.stdout).toMatch(/^[0-9a-f-]{16}$/)
  expect((await call("chance")).stdout).toBe(first.stdout)
})

test("an error's message is printed whole, and the exit code is 1", async () => {
  const { exitCode, stdout, stderr } = await call("fail")
  expect([exitCode, stdout]).toEqual([1, ""])
  expect(stderr).toMatch(/first line\n.*second line/)
})

test("a failed command passes its exit code and output on", async () => {
  const { exitCode, stderr } = await call("broken")
  expect(exitCode).toBe(7)
  expect(stderr).toMatch(/Stdout:\s+out/)
  expect(stderr).toMatch(/Stderr:\s+err/)
})

test("wrong usage is said, with where to look", async () => {
  for (const [args, message] of [
    [["no-such"], 'unknown command "no-such" for "dagger call"'],
    [["greet"], 'required flag(s) "name" not set'],
    [["greet", "--name=x", "--no-such"], "unknown flag: --no-such"],
    [["greet", "--name=x", "--times=many"], 'invalid argument "many" for "--times" flag'],
    [["level", "--level=middle"], "value should be one of HIGH,LOW"],
    [["greet", "--name"], "flag needs an argument: --name"],
  ] as const) {
    const { exitCode, stderr } = await call(...args)
    expect(exitCode, message).toBe(1)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/Run 'dagger call.* --help' for usage\./)
  }
})

test("secrets come from the environment, a file or a command, and are never shown", async () => {
  const plaintext = "pl41n-t3xt-of-a-secret"
  writeFileSync(join(module, "secret.txt"), plaintext)
  for (const address of [
    "env:A_SECRET",
    "env://A_SECRET",
    `file:${join(module, "secret.txt")}`,
    `cmd:cat ${join(module, "secret.txt")}`,
  ]) {
    const { exitCode, stdout, stderr } = await run(["call", "--progress=plain", "-v", "tell", "--secret", address], {
      A_SECRET: plaintext,
    })
    expect([exitCode, stdout], stderr).toEqual([0, `${plaintext.length} letters: it is ***\n`])
    expect(stderr).not.toContain(plaintext)
  }
  // What a command prints is the secret, its newline with it; a relative path begins at the caller's folder.
  const told = async (address: string, cwd: string) =>
    (await run(["call", "--progress=plain", "-m", module, "tell", "--secret", address], { A_SECRET: plaintext }, cwd))
      .stdout
  expect(await told("cmd:printenv A_SECRET", module)).toContain(`${plaintext.length + 1} letters`)
  expect(await told("file:secret.txt", module)).toContain(`${plaintext.length} letters`)
  expect(await told("file:secret.txt", join(module, ".dagger"))).toBe("")
  const { exitCode, stderr } = await call("tell", "--secret=env:NO_SUCH_SECRET")
  expect(exitCode).toBe(1)
  expect(stderr).toContain("secret env var not found")
  rmSync(join(module, "secret.txt"))
})

test("a container is given by its image, a service by its address", async () => {
  expect((await call("reference", "--image=node:20-alpine")).stdout).toMatch(/node.*@sha256:[0-9a-f]{64}$/)
  const server = createServer((_, response) => response.end("from the host"))
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  const { stdout, stderr } = await call("fetch", "--service", `tcp://127.0.0.1:${port}`, "--port", String(port))
  server.close()
  expect(stdout, stderr).toBe("from the host")
})

test("a service is served on the host until it is interrupted", async () => {
  const server = createServer()
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  await new Promise(done => server.close(done))
  const child = start(["call", "--progress=plain", "web", "up", "--ports", `${port}:8000`])
  const ended = new Promise(done => child.on("close", done))
  const ask = async (): Promise<string> =>
    fetch(`http://127.0.0.1:${port}/`).then(
      answer => answer.text(),
      () => "",
    )
  await expect.poll(ask, { timeout: 120_000, interval: 500 }).toBe("served")
  child.kill("SIGINT")
  await ended
  expect(await ask()).toBe("")
})

test("a changeset is applied when told to", async () => {
  expect((await run(["call", "--progress=plain", "-y", "init"])).exitCode).toBe(0)
  expect(readFileSync(join(module, "made/new.txt"), "utf8")).toBe("new")
  rmSync(join(module, "made"), { recursive: true })
})

test("help tells arguments and functions without running anything", async () => {
  const root = await call("--help")
  expect(root.exitCode).toBe(0)
  expect(root.stdout).toMatch(/FUNCTIONS\n(.*\n)* +greet +Greets somebody\./)
  expect(root.stdout).toMatch(/--greeting string\s+How to greet\s+\(default "hello"\)/)
  const { stdout } = await call("greet", "--help")
  expect(stdout).toMatch(/^Greets somebody\.\n\nMore than once, if asked to\.\n/)
  expect(stdout).toMatch(/--name string\s+Who it is\s+\[required\]/)
  expect((await call("link", "--help")).stdout).toMatch(/summary +What is seen from here\./)
})

test("checks are listed, run, and fail the command", async () => {
  expect((await run(["check", "-l", "--progress=plain"])).stdout).toMatch(
    /^Name +Description\nfix-ture:good +Passes\.\nfix-ture:polite +Passes unless/,
  )
  expect((await run(["check", "--progress=plain"])).exitCode).toBe(0)
  writeFileSync(join(module, "rude"), "")
  const failed = await run(["check", "--progress=plain"])
  expect(failed.exitCode).toBe(1)
  expect(failed.stderr).toContain("how rude")
  expect((await run(["check", "fix-ture:good", "--progress=plain"])).exitCode).toBe(0)
  rmSync(join(module, "rude"))
})

test("version", async () => {
  expect((await run(["version"])).stdout).toMatch(/^dagger v(0\.21|1\.0)\./)
})
