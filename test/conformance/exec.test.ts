import { dag, ReturnType } from "@dagger.io/dagger"
import { expect } from "vitest"

import { execFailure, failure, fresh, node, on, python, sh, unique } from "./support.ts"

on("nothing runs until a value is asked for", async () => {
  const never = fresh(node()).withExec(["no-such-program"])
  await never.id()
  await execFailure(never.sync())
})

on("an exec has stdout, stderr and both combined", async () => {
  const done = fresh(node()).withExec(sh("echo out; echo err >&2"))
  expect(await done.stdout()).toBe("out\n")
  expect(await done.stderr()).toBe("err\n")
  expect((await done.combinedOutput()).split("\n").sort().join(" ").trim()).toBe("err out")
  expect(await done.exitCode()).toBe(0)
})

on("a failed exec is an ExecError with command, exit code and output, trimmed", async () => {
  const error = await execFailure(fresh(node()).withExec(sh("echo out; echo err >&2; exit 7")).stdout())
  expect(error).toMatchObject({ cmd: sh("echo out; echo err >&2; exit 7"), exitCode: 7, stdout: "out", stderr: "err" })
})

on("expect: any accepts every exit code, failure requires one other than 0", async () => {
  const any = (code: number) => fresh(node()).withExec(sh(`echo said; exit ${code}`), { expect: ReturnType.Any })
  expect(await any(3).exitCode()).toBe(3)
  expect(await any(3).stdout()).toBe("said\n")
  expect(await any(125).exitCode()).toBe(125)
  expect(await any(0).exitCode()).toBe(0)
  // Ended by a signal: no exit code of its own.
  expect((await execFailure(any(134).sync())).exitCode).toBe(134)
  expect(await fresh(node()).withExec(sh("exit 4"), { expect: ReturnType.Failure }).exitCode()).toBe(4)
  await failure(fresh(node()).withExec(["true"], { expect: ReturnType.Failure }).exitCode())
})

on("output without a command is an error", async () => {
  expect((await failure(node().stdout())).message).toContain("no command has been set")
})

on("an exec can have stdin", async () => {
  expect(await fresh(node()).withExec(["cat"], { stdin: "given" }).stdout()).toBe("given")
})

on("output can go to a file", async () => {
  const done = fresh(node()).withExec(sh("echo out; echo err >&2"), {
    redirectStdout: "/tmp/out",
    redirectStderr: "/tmp/err",
  })
  expect(await done.file("/tmp/out").contents()).toBe("out\n")
  expect(await done.file("/tmp/err").contents()).toBe("err\n")
})

on("the entrypoint runs only on request, default arguments if there are none", async () => {
  const with_ = fresh(node()).withEntrypoint(["echo", "entry"]).withDefaultArgs(["default"])
  expect(await with_.withExec(["echo", "plain"]).stdout()).toBe("plain\n")
  expect(await with_.withExec(["more"], { useEntrypoint: true }).stdout()).toBe("entry more\n")
  expect(await with_.withExec([], { useEntrypoint: true }).stdout()).toBe("entry default\n")
})

on("environment, user and workdir apply to later execs and can be removed", async () => {
  const set = fresh(node())
    .withEnvVariable("A", "one")
    .withEnvVariable("B", "${A}-two", { expand: true })
    .withUser("1000:1000")
    .withWorkdir("/tmp/deep/er")
  expect(await set.withExec(sh("echo $A $B; id -u; id -g; pwd")).stdout()).toBe(
    "one one-two\n1000\n1000\n/tmp/deep/er\n",
  )
  const unset = set.withExec(["true"]).withoutEnvVariable("A").withoutUser().withWorkdir("/")
  expect(await unset.withExec(sh("echo [$A]; id -u; pwd")).stdout()).toBe("[]\n0\n/\n")
})

on("the next exec sees what one wrote, and the earlier container is unchanged", async () => {
  const first = fresh(node()).withExec(sh("echo 1 > /data; rm /etc/issue 2>/dev/null; mkdir /kept"))
  const second = first.withExec(sh("echo 2 >> /data"))
  expect(await second.withExec(["cat", "/data"]).stdout()).toBe("1\n2\n")
  expect(await first.withExec(sh("cat /data; ls -d /kept")).stdout()).toBe("1\n/kept\n")
})

on("the same exec runs once; a changed variable runs it again", async () => {
  const base = fresh(node()),
    stamp = sh("head -c 16 /proc/sys/kernel/random/uuid")
  const first = await base.withExec(stamp).stdout()
  expect(await base.withExec(stamp).stdout()).toBe(first)
  expect(await base.withEnvVariable("X", unique()).withExec(stamp).stdout()).not.toBe(first)
})

on("the same exec runs again after another one, even where that has changed no file", async () => {
  const stamp = sh("cat /proc/sys/kernel/random/uuid")
  const first = fresh(node()).withExec(stamp)
  expect(await first.withExec(["true"]).withExec(stamp).stdout()).not.toBe(await first.stdout())
})

on("the cache key of a mount is its content", async () => {
  const made = dag.directory().withNewFile("a", unique()),
    stamp = sh("head -c 16 /proc/sys/kernel/random/uuid; cat /in/a")
  const run = (directory: typeof made) => node().withMountedDirectory("/in", directory).withExec(stamp).stdout()
  const first = await run(made)
  expect(await run(made)).toBe(first)
  expect(await run(made.withNewFile("a", unique()))).not.toBe(first)
})

on("many execs at once do not disturb each other", async () => {
  const all = await Promise.all(
    [...Array(6).keys()].map(i =>
      fresh(python())
        .withExec(sh(`echo ${i}`))
        .stdout(),
    ),
  )
  expect(all).toEqual([...Array(6).keys()].map(i => `${i}\n`))
})

on("a long chain of steps works", async () => {
  let chain = fresh(node())
  for (let i = 0; i < 150; i++) chain = chain.withNewFile(`/made/${i}`, String(i))
  expect((await chain.withExec(sh("ls /made | wc -l; cat /made/149")).stdout()).trim()).toMatch(/^150\s+149$/)
})

on("an image that cannot be pulled is an error that names it", async () => {
  expect((await failure(dag.container().from(`localhost:1/no/such-${unique()}:1`).sync())).message).toContain("no/such")
})
