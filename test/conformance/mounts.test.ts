import { CacheSharingMode, dag } from "@dagger.io/dagger"
import { expect } from "vitest"

import { failure, fresh, node, on, sh, unique } from "./support.ts"

const tree = () => dag.directory().withNewFile("a.txt", "a").withNewFile("sub/b.txt", "b", { permissions: 0o600 })

on("a mounted directory can be written to, and keeps what was written along the chain only", async () => {
  const source = tree().withNewFile("salt", unique())
  const chain = fresh(node())
    .withMountedDirectory("/m", source)
    .withExec(sh("echo n > /m/new; rm /m/a.txt"))
    .withExec(sh("ls /m; echo 2 > /m/second"))
  expect(await chain.stdout()).toBe("new\nsalt\nsub\n")
  expect(await chain.directory("/m").entries()).toEqual(["new", "salt", "second", "sub/"])
  expect(await source.entries()).toEqual(["a.txt", "salt", "sub/"])
  expect(await chain.withoutMount("/m").withExec(sh("ls /m 2>/dev/null | wc -l")).stdout()).toMatch(/^\s*0\s*$/)
})

on("a mounted file can be read, and a change of it stays", async () => {
  const chain = fresh(node())
    .withMountedFile("/in/a", tree().file("a.txt"))
    .withExec(sh("cat /in/a; printf more >> /in/a"))
  expect(await chain.stdout()).toBe("a")
  expect(await chain.file("/in/a").contents()).toBe("amore")
})

on("owners and permissions are set", async () => {
  const listed = await fresh(node())
    .withMountedDirectory("/m", tree(), { owner: "1000:1000" })
    .withDirectory("/d", tree(), { owner: "node" })
    .withFile("/f", tree().file("a.txt"), { owner: "node:node", permissions: 0o640 })
    .withNewFile("/n", "x", { permissions: 0o755, owner: "1000" })
    .withExec(sh("stat -c '%n %u:%g %a' /m/a.txt /m/sub/b.txt /d/a.txt /f /n"))
    .stdout()
  expect(listed.trim().split("\n")).toEqual([
    "/m/a.txt 1000:1000 644",
    "/m/sub/b.txt 1000:1000 600",
    "/d/a.txt 1000:1000 644",
    "/f 1000:1000 640",
    "/n 1000:1000 755",
  ])
})

on("a cache volume keeps its content between execs and is not part of the container", async () => {
  const volume = dag.cacheVolume(`conformance-${unique()}`)
  const write = fresh(node()).withMountedCache("/c", volume).withExec(sh("echo 1 >> /c/x"))
  expect(await write.withExec(sh("cat /c/x")).stdout()).toBe("1\n")
  expect(await fresh(node()).withMountedCache("/elsewhere", volume).withExec(sh("cat /elsewhere/x")).stdout()).toBe(
    "1\n",
  )
  expect((await failure(write.file("/c/x").contents())).message).toMatch(/cache/i)
})

on("a locked volume is used by one exec at a time", async () => {
  const volume = dag.cacheVolume(`conformance-${unique()}`)
  const turn = () =>
    fresh(node())
      .withMountedCache("/c", volume, { sharing: CacheSharingMode.Locked })
      .withExec(sh("mkdir /c/held && sleep 1 && rmdir /c/held && echo fine"))
      .stdout()
  expect(await Promise.all([turn(), turn(), turn()])).toEqual(["fine\n", "fine\n", "fine\n"])
})

on("a temporary mount is writable and forgotten", async () => {
  const chain = fresh(node())
    .withMountedTemp("/t")
    .withExec(sh("echo x > /t/x && cp /bin/busybox /t/busybox && /t/busybox true"))
  expect(await chain.withExec(sh("ls -a /t | wc -l")).stdout()).toMatch(/^\s*2\s*$/)
})

on("withDirectory filters, withoutDirectory and withoutFile remove", async () => {
  const chain = fresh(node())
    .withDirectory("/d", tree().withNewFile("x.log", ""), { exclude: ["**/*.log"] })
    .withoutFile("/d/a.txt")
  expect(await chain.directory("/d").glob("**")).toEqual(["sub/", "sub/b.txt"])
  expect(await chain.withoutDirectory("/d").exists("/d")).toBe(false)
})

on("files of a container can be read, through links too; missing ones are named", async () => {
  const chain = fresh(node()).withExec(sh("echo deep > /tmp/real; ln -s /tmp/real /link; mkdir /dir"))
  expect(await chain.file("/link").contents()).toBe("deep\n")
  expect(await chain.withWorkdir("/tmp").file("real").size()).toBe(5)
  expect((await failure(chain.file("/absent").contents())).message).toContain("absent: no such file or directory")
  expect((await failure(chain.directory("/absent").entries())).message).toContain("absent: no such file or directory")
})

on("rootfs and withRootfs carry a whole file system", async () => {
  const copy = dag.container().withRootfs(fresh(node()).withNewFile("/mark", "here").rootfs())
  expect(await copy.withExec(["cat", "/mark"]).stdout()).toBe("here")
})
