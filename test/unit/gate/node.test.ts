import { describe, expect, test } from "vitest"

import { askedNode, membersOf, nodeToolchain } from "../../../.dagger/src/gate/node.ts"

/** The toolchain of the application in the folder web of a repository of these files. */
function toolchain(texts: Record<string, string>, { path = "web", base = "node:20-slim" } = {}) {
  return nodeToolchain(path, "", base, { files: Object.keys(texts), texts })
}

const MANIFEST = '{"dependencies":{"next":"15.1.0"}}'
const workspace = (...patterns: string[]) => ({
  "package.json": JSON.stringify({ workspaces: patterns }),
  "yarn.lock": "",
})

describe("an application in JavaScript", () => {
  test.each<[string, Record<string, string>]>([
    ["has a manifest", { "web/package-lock.json": "{}" }],
    ["has one in JSON", { "web/package.json": "{" }],
  ])("%s, or is none", (_, texts) => {
    expect(toolchain(texts)).toBeUndefined()
  })

  test("has to have what its manifest names from a registry, in the versions of its lockfile", () => {
    const dependencies = { next: "15.1.0", own: "workspace:*", lib: "file:../lib", alias: "npm:a-file:1" }
    const found = toolchain({
      "web/package.json": JSON.stringify({ dependencies }),
      "web/package-lock.json": '{"packages":{"node_modules/next":{"version":"15.1.0"}}}',
    })
    expect(found?.expected).toEqual({
      language: "node",
      interpreter: ["node"],
      names: ["next", "alias"],
      locked: { next: ["15.1.0"] },
      manifest: "web/package.json",
      lockfile: "web/package-lock.json",
    })
    expect(found?.locals).toEqual(["lib"])
  })

  test("has no versions to keep to without a lockfile, and is told so", () => {
    const { expected, lockfiles, open } = toolchain({ "web/package.json": MANIFEST })!
    expect(expected).toMatchObject({ locked: {}, lockfile: undefined })
    expect(lockfiles).toEqual([])
    expect(open).toEqual({
      what: "web has no lockfile, so the newest versions are tested",
      fix: "make one: `npm install --package-lock-only` in web",
      file: "web/package-lock.json",
    })
  })

  test("has no versions to keep to in a lockfile that is no text", () => {
    const texts = { "web/package.json": MANIFEST }
    const found = nodeToolchain("web", "", "oven/bun:1", { files: [...Object.keys(texts), "web/bun.lockb"], texts })
    expect(found?.expected).toMatchObject({ locked: {}, lockfile: "web/bun.lockb" })
  })

  test.each<[string, string, object | undefined]>([
    [
      "is the image's own, where that installs the image",
      "RUN npm ci",
      { version: "11.4.2", file: "web/package.json" },
    ],
    ["is brought, where the Dockerfile brings one", "RUN npm i -g npm@11", undefined],
  ])("has an npm that %s", (_, dockerfile, npm) => {
    const texts = { "web/package.json": '{"packageManager":"npm@11.4.2"}', "web/package-lock.json": "{}" }
    const found = nodeToolchain("web", dockerfile, "node:20", { files: Object.keys(texts), texts })!
    expect(found.npm).toEqual(npm)
    expect("npm" in found).toBe(npm !== undefined)
    expect(found.tools).toHaveLength(npm ? 0 : 1)
  })

  test.each<[string, Record<string, string>, string, string]>([
    [
      "the workspace's root",
      { "package.json": '{"workspaces":["apps/*"],"packageManager":"bun@1.0.0"}' },
      ".",
      "bun.lock",
    ],
    [
      "its own folder, which is no member",
      { "package.json": '{"workspaces":["packages/*"]}' },
      "apps/web",
      "apps/web/package-lock.json",
    ],
  ])("lacks a lockfile in %s", (_, files, root, file) => {
    const found = toolchain({ ...files, "apps/web/package.json": MANIFEST }, { path: "apps/web" })!
    expect(found.open).toMatchObject({
      what: expect.stringContaining(root === "." ? "the repository's root" : root),
      file,
    })
    expect(found.root).toBe(root)
  })

  test.each([
    ["bun:1", "bun"],
    ["oven/bun:1-slim", "bun"],
    ["node:20", "node"],
    ["r/bunny:1", "node"],
  ])("on %s runs on %s", (base, interpreter) => {
    expect(toolchain({ "web/package.json": MANIFEST }, { base })?.expected?.interpreter).toEqual([interpreter])
  })
})

describe("the installation reads manifests and lockfiles alone", () => {
  const own = '{"scripts":{"postinstall":"node setup.js"}}'
  test.each<[string, Record<string, string>, boolean]>([
    ["where no script of the application's own runs", { "web/package.json": MANIFEST }, true],
    ["not where one does", { "web/package.json": own }, false],
    [
      "not where one of a member of its workspace does",
      { ...workspace("web", "lib"), "web/package.json": MANIFEST, "lib/package.json": own },
      false,
    ],
    [
      "not where one of the workspace itself does",
      {
        ...workspace("web"),
        "package.json": '{"workspaces":["web"],"scripts":{"prepare":"node x"}}',
        "web/package.json": MANIFEST,
      },
      false,
    ],
    ["where only a folder outside has one", { "web/package.json": MANIFEST, "lib/package.json": own }, true],
    [
      "where a member's manifest is no JSON",
      { ...workspace("web", "lib"), "web/package.json": MANIFEST, "lib/package.json": "{" },
      true,
    ],
    [
      "where a file is only called alike",
      { "web/package.json": MANIFEST, "web/package.json.bak/package.json5": own },
      true,
    ],
  ])("%s", (_, texts, alone) => {
    const { reads } = toolchain(texts)!
    expect(reads === undefined).toBe(!alone)
  })

  test("of every package manager", () => {
    const { reads } = toolchain({ "web/package.json": MANIFEST })!
    expect(reads).toEqual(
      expect.arrayContaining(["**/package.json", "package-lock.json", "pnpm-lock.yaml", "bun.lockb"]),
    )
  })
})

describe("an application is installed in the folder of its lockfile", () => {
  const MEMBER = { "apps/web/package.json": MANIFEST }
  const pnpm = (text: string) => ({ "package.json": "{}", "pnpm-workspace.yaml": text, "pnpm-lock.yaml": "" })
  test.each<[string, Record<string, string>, string]>([
    ["its own", { ...workspace("apps/*"), "apps/web/yarn.lock": "" }, "apps/web"],
    ["that of its workspace", workspace("apps/*"), "."],
    ["that of its workspace, which names it", workspace("./apps/web"), "."],
    ["that of its workspace, at any depth", workspace("**"), "."],
    ["not that of a workspace of other folders", workspace("packages/*", "apps"), "apps/web"],
    ["not that of a workspace of a folder whose name begins alike", workspace("apps/we", "web"), "apps/web"],
    ["not that of a workspace of a folder with a dot in its name", workspace("apps/web."), "apps/web"],
    ["not that of a workspace of direct folders", workspace("*"), "apps/web"],
    ["not that of a folder above that is no workspace", { "yarn.lock": "" }, "apps/web"],
    ["that of pnpm's workspace", pnpm("packages: [apps/*]"), "."],
    ["not that of pnpm's settings without a workspace", pnpm("{}"), "apps/web"],
    [
      "that of a workspace in a folder",
      { "apps/package.json": '{"workspaces":{"packages":["web"]}}', "apps/yarn.lock": "" },
      "apps",
    ],
    ["that of its workspace where none has a lockfile", { "package.json": '{"workspaces":["apps/*"]}' }, "."],
    ["where a pattern has a dot, which is one", { ...workspace("apps/w.b") }, "apps/web"],
  ])("%s", (_, texts, root) => {
    expect(toolchain({ ...MEMBER, ...texts }, { path: "apps/web" })?.root).toBe(root)
  })
})

const engines = (node: string) => JSON.stringify({ engines: { node } })

test.each<[string, Record<string, string>, string[]]>([
  ["by its engines", { "web/package.json": engines(">=22") }, [">=22: web/package.json (engines.node)"]],
  ["not without", { "web/package.json": "{}" }, []],
  ["not in a manifest that is no JSON", { "web/package.json": "{" }, []],
  [
    "by the engines above, where it has none",
    { "web/package.json": "{}", "package.json": engines("^24") },
    ["^24: package.json (engines.node)"],
  ],
  [
    "by the nearest engines",
    { "web/package.json": engines("22"), "package.json": engines("^24") },
    ["22: web/package.json (engines.node)"],
  ],
  ["by .nvmrc", { "web/.nvmrc": "v22.3.0\n" }, ["22: web/.nvmrc"]],
  ["by .node-version above", { ".node-version": "24.1\n" }, ["24: .node-version"]],
  ["by the nearest of them", { "web/.nvmrc": "22", ".node-version": "24" }, ["22: web/.nvmrc"]],
  ["not by the version of another runtime", { ".nvmrc": "iojs-v3.3.1\n" }, []],
  ["not by a name of a release", { ".nvmrc": "lts/jod\n" }, []],
  ["by both", { "package.json": engines(">=20"), ".nvmrc": "22" }, [">=20: package.json (engines.node)", "22: .nvmrc"]],
])("the version of Node.js is asked for %s", (_, texts, expected) => {
  const layout = { files: Object.keys(texts), texts }
  expect(askedNode("web", layout)).toEqual(
    expected.map(line => ({ language: "node", range: line.split(": ")[0], file: line.split(": ")[1] })),
  )
})

test("the members of a workspace are the folders of its patterns that have a manifest", () => {
  const texts = {
    ...workspace("apps/*"),
    "apps/web/package.json": "{}",
    "apps/admin/package.json": "{}",
    "apps/docs/README.md": "",
    "examples/a/package.json": "{}",
  }
  const layout = { files: Object.keys(texts), texts }
  expect(membersOf(".", layout)).toEqual(["apps/web", "apps/admin"])
  expect(membersOf("apps/web", layout)).toEqual([])
})
