import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { dag, ExistsType } from "@dagger.io/dagger"
import { expect } from "vitest"

import { failure, on } from "./support.ts"

const tree = () =>
  dag
    .directory()
    .withNewFile("a.md", "a")
    .withNewFile("b.txt", "b")
    .withNewFile("src/main.ts", "m")
    .withNewFile("src/deep/x.md", "x")
    .withNewFile("node_modules/p/index.js", "p")

on("entries and globs name folders with a slash", async () => {
  expect(await tree().entries()).toEqual(["a.md", "b.txt", "node_modules/", "src/"])
  expect(await tree().entries({ path: "src" })).toEqual(["deep/", "main.ts"])
  expect(await tree().glob("*.md")).toEqual(["a.md"])
  expect(await tree().glob("**/*.md")).toEqual(["a.md", "src/deep/x.md"])
  expect(await tree().glob("src/*")).toEqual(["src/deep/", "src/main.ts"])
})

on("filters include and exclude", async () => {
  expect(
    await tree()
      .filter({ include: ["**/*.md"] })
      .glob("**/*.*"),
  ).toEqual(["a.md", "src/deep/x.md"])
  expect(
    await tree()
      .filter({ exclude: ["node_modules", "**/*.md"] })
      .glob("**/*.*"),
  ).toEqual(["b.txt", "src/main.ts"])
  expect(
    await tree()
      .filter({ exclude: ["src", "!src/main.ts"] })
      .glob("src/**"),
  ).toContain("src/main.ts")
  expect(
    await tree()
      .filter({ exclude: ["/b.txt"] })
      .glob("*.txt"),
  ).toEqual(["b.txt"])
})

on("a host folder can be excluded except for one entry", async () => {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"))
  try {
    for (const path of [".git/refs", "src/.git"]) mkdirSync(join(folder, path), { recursive: true })
    for (const path of [".git/HEAD", ".gitignore", "a.md", "src/.git/HEAD"]) writeFileSync(join(folder, path), "")
    const only = dag.host().directory(folder, { exclude: ["*", "!.git"] })
    expect(await only.entries()).toEqual([".git/"])
    expect(await only.entries({ path: ".git" })).toEqual(["HEAD", "refs/"])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

on("directories are immutable: a change makes a new one", async () => {
  const before = tree(),
    after = before.withoutFile("b.txt").withNewFile("a.md", "changed").withDirectory("copy", before.directory("src"))
  expect(await after.entries()).toEqual(["a.md", "copy/", "node_modules/", "src/"])
  expect(await before.file("a.md").contents()).toBe("a")
  expect(await after.file("a.md").contents()).toBe("changed")
  expect(await after.file("copy/deep/x.md").name()).toBe("x.md")
})

on("the digest depends on the content", async () => {
  expect(await tree().digest()).toBe(await tree().withNewFile("x", "").withoutFile("x").digest())
  expect(await tree().withNewFile("a.md", "b").digest()).not.toBe(await tree().digest())
})

on("changes list what was added, modified and removed", async () => {
  const changes = tree().withNewFile("new/n", "n").withNewFile("a.md", "other").withoutFile("b.txt").changes(tree())
  expect(await changes.addedPaths()).toEqual(expect.arrayContaining(["new/n"]))
  expect(await changes.modifiedPaths()).toEqual(["a.md"])
  expect(await changes.removedPaths()).toEqual(["b.txt"])
  expect(await changes.isEmpty()).toBe(false)
  expect(await tree().changes(tree()).isEmpty()).toBe(true)
})

on("diff holds what is new", async () => {
  expect(await tree().diff(tree().withNewFile("src/new.ts", "n")).glob("**/*.*")).toEqual(["src/new.ts"])
})

on("exists can ask for a type", async () => {
  expect(await tree().exists("src/main.ts")).toBe(true)
  expect(await tree().exists("src/absent.ts")).toBe(false)
  expect(await tree().exists("src", { expectedType: ExistsType.DirectoryType })).toBe(true)
  expect(await tree().exists("a.md", { expectedType: ExistsType.DirectoryType })).toBe(false)
})

on("an error names what is missing", async () => {
  expect((await failure(tree().file("absent.md").contents())).message).toContain("absent.md: no such file or directory")
  expect((await failure(tree().directory("absent").entries())).message).toContain("absent: no such file or directory")
})

on("a file knows its name and size", async () => {
  const file = dag.file("f.txt", "hello")
  expect([await file.name(), await file.size(), await file.contents()]).toEqual(["f.txt", 5, "hello"])
  expect(await file.withName("g.txt").name()).toBe("g.txt")
})
