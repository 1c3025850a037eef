import type { Container } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { nextBuildOf } from "../../../../.dagger/src/verify/image/find-next-build.ts"
import {
  decodeBuild,
  describeSkew,
  encodeBuild,
  type NextBuild,
  readNextBuild,
  skewOf,
} from "../../../../.dagger/src/verify/image/next-build.ts"

const KEY = Buffer.alloc(32, "key").toString("base64")
const [ADD, OLD, CACHE] = [`40${"a".repeat(40)}`, "c".repeat(40), `80${"b".repeat(40)}`]
const REFERENCES = JSON.stringify({
  node: {
    [ADD]: { workers: {}, layer: {}, filename: "app/actions.ts", exportedName: "add" },
    [CACHE]: { workers: {}, filename: "app/data.ts", exportedName: "load" },
  },
  edge: { [OLD]: { workers: {} } },
  encryptionKey: KEY,
})
const FILES: Record<string, string> = {
  "apps/web/.next/BUILD_ID": "ab12\n",
  "apps/web/.next/required-server-files.json": JSON.stringify({ config: { basePath: "" } }),
  "apps/web/.next/server/server-reference-manifest.json": REFERENCES,
  "apps/web/.next/static/chunks/a.js": "",
  "node_modules/sample/.next/BUILD_ID": "of an example",
}

/** An image of which the working directory has these files. */
function imageOf(files: Record<string, string>): Container {
  const directory = (folder: string): unknown => {
    const inside = Object.keys(files)
      .filter(path => path.startsWith(folder))
      .map(path => path.slice(folder.length))
    return {
      directory: (path: string) => directory(`${folder}${path}/`),
      glob: async (pattern: string) => {
        const [, end = ""] = pattern.split("**/")
        return pattern.startsWith("static/")
          ? inside.filter(path => path.startsWith("static/"))
          : inside.filter(path => path.endsWith(end)).sort()
      },
      exists: async (path: string) => inside.includes(path),
      file: (path: string) => ({ contents: async () => files[folder + path] }),
    }
  }
  return { workdir: async () => "/app", directory: () => directory("") } as unknown as Container
}

describe("the build in an image", () => {
  test("has its Server Actions by id, without functions that are cached, and never its key", async () => {
    const build = (await nextBuildOf(imageOf(FILES)))!
    expect(build).toEqual({
      id: "ab12",
      files: expect.stringMatching(/^[0-9a-f]{64}$/),
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      actions: { [ADD]: "add in app/actions.ts", [OLD]: OLD },
    })
    expect(JSON.stringify(build)).not.toContain(KEY)
    expect(decodeBuild(encodeBuild(build))).toEqual(build)
  })

  test.each([
    ["that does not run Next.js", { "server.js": "" }],
    [
      "of which the files are not known",
      { ...FILES, "apps/web/.next/server/server-reference-manifest.json": `["${KEY}"]` },
    ],
    ["of which they are no JSON", { ...FILES, "apps/web/.next/server/server-reference-manifest.json": KEY }],
  ])("is none %s", async (_, files) => {
    const build = await nextBuildOf(imageOf(files))
    expect(build).toBeUndefined()
    expect(decodeBuild(encodeBuild(build))).toBeUndefined()
  })

  test("of pages alone has no actions", () => {
    expect(readNextBuild({ buildId: "1", browser: [] })).toMatchObject({ id: "1", actions: {} })
  })

  test("names an action by its id, where its file or its name is not known", () => {
    const node = { a: { filename: "app/a.ts" }, b: { exportedName: "add" }, c: {} }
    const { actions } = readNextBuild({ buildId: "1", references: JSON.stringify({ node }), browser: [] })
    expect(actions).toEqual({ a: "a", b: "b", c: "c" })
  })

  test("is told from others by its deploymentId, where it has one", () => {
    const server = JSON.stringify({ config: { deploymentId: "d1" } })
    expect(readNextBuild({ buildId: "constant", server, browser: [] }).id).toBe("d1")
  })

  test("has the same files in any order", () => {
    const filesOf = (browser: string[]) => readNextBuild({ buildId: "1", browser }).files
    expect(filesOf(["a", "b"])).toBe(filesOf(["b", "a"]))
    expect(filesOf(["a", "b"])).not.toBe(filesOf(["a", "c"]))
  })
})

describe("what open pages run into on another build", () => {
  const BUILD: NextBuild = { id: "1", files: "f", key: "k", actions: { a1: "add in app/a.ts", a2: "end in app/a.ts" } }
  const NEXT = { ...BUILD, id: "2", files: "g" }

  test.each<[string, NextBuild, NextBuild, ReturnType<typeof skewOf>]>([
    ["nothing, where all of its actions are there", BUILD, { ...NEXT, actions: { ...BUILD.actions, a3: "new" } }, []],
    ["nothing, where it had none", { ...BUILD, actions: {} }, { ...NEXT, key: "l" }, []],
    ["nothing in the same build", BUILD, BUILD, []],
    ["nothing, where the files are the same and only the image is another", BUILD, { ...BUILD }, []],
    [
      "an action that is gone",
      BUILD,
      { ...NEXT, actions: { a1: "add in app/a.ts" } },
      [{ kind: "lost-actions", actions: ["end in app/a.ts"] }],
    ],
    [
      "all of them, with another key, each name once",
      { ...BUILD, actions: { a2: "end in app/a.ts", ...BUILD.actions, a3: "add in app/a.ts" } },
      { ...NEXT, key: "l", actions: { b1: "add in app/a.ts" } },
      [{ kind: "other-key", actions: ["add in app/a.ts", "end in app/a.ts"] }],
    ],
    ["an id that both builds have", BUILD, { ...NEXT, id: "1" }, [{ kind: "same-id", id: "1" }]],
  ])("%s", (_, before, now, expected) => expect(skewOf(before, now)).toEqual(expected))

  test("is said with what to do about it, and a few names", () => {
    const actions = ["a", "b", "c", "d", "e", "f", "g"]
    expect(describeSkew({ kind: "lost-actions", actions })).toMatch(
      /^7 Server Actions .*\(a, b, c, d, e, 2 more\): leave an action's file, name and parameters/,
    )
    expect(describeSkew({ kind: "lost-actions", actions: actions.slice(0, 5) })).toContain("(a, b, c, d, e): ")
    expect(describeSkew({ kind: "other-key", actions: ["a"] })).toMatch(
      /\(a\): .* the same NEXT_SERVER_ACTIONS_ENCRYPTION_KEY/,
    )
    expect(describeSkew({ kind: "same-id", id: "v1" })).toMatch(/the id v1, .* NEXT_DEPLOYMENT_ID/)
  })
})
