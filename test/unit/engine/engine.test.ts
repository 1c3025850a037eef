import { expect, test } from "vitest"

import { baseImages } from "../../engine/build.ts"
import { cliName, readFlag } from "../../engine/cli/flags.ts"
import { type Container, containerKey } from "../../engine/container.ts"
import { evaluate } from "../../engine/evaluate.ts"
import { emptyConfig } from "../../engine/image.ts"
import { byId, lasting, recipe } from "../../engine/recipe.ts"
import { scrub } from "../../engine/secret.ts"
import { answer, installResolvers } from "../../engine/server.ts"
import { matcher, pattern } from "../../engine/tree.ts"

import "../../engine/directory.ts"
import "../../engine/exec.ts"
import "../../engine/oci.ts"
import "../../engine/rootfs.ts"
import "../../engine/workspace.ts"

test("every field of the schema is answered", () => {
  expect(installResolvers()).toEqual([])
})

test("what is not supported is refused by name", async () => {
  const message = async (query: string) => (await answer(query, undefined, {})).errors?.[0]?.message
  expect(await message("{ container { terminal { id } } }")).toBe(
    "Container.terminal is not supported by the embedded engine",
  )
  expect(await message('{ container { withExec(args: ["x"], experimentalPrivilegedNesting: true) { id } } }')).toBe(
    "Container.withExec(experimentalPrivilegedNesting:) is not supported by the embedded engine",
  )
  expect(await message('{ git(url: "x") { head { commit } } }')).toBe(
    "Query.git is not supported by the embedded engine",
  )
  expect(await message("{ container { id } }")).toBeUndefined()
})

test("an object is named by how it is made, with its parents and arguments", () => {
  const container = () => recipe("Container", "Query.container", undefined, {})
  const exec = (args: string[]) => recipe("Container", "Container.withExec", container(), { args })
  expect(exec(["a"]).id).toBe(exec(["a"]).id)
  expect(exec(["a"]).id).not.toBe(exec(["b"]).id)
  expect(byId(exec(["a"]).id)).toBe(exec(["a"]))
})

test("what was made with a plain text is not kept for later sessions", () => {
  const secret = recipe("Secret", "Query.setSecret", undefined, { name: "n", plaintext: "p" })
  const container = recipe("Container", "Query.container", undefined, {})
  expect(lasting(recipe("Container", "Container.withSecretVariable", container, { name: "N", secret }))).toBe(false)
  expect(lasting(container)).toBe(true)
})

test("containers that are the same to an exec have the same key", () => {
  const container: Container = {
    layers: [],
    config: emptyConfig,
    annotations: {},
    mounts: [],
    secretEnv: [],
    bindings: [],
    auth: [],
  }
  expect(containerKey({ ...container, outcome: { exitCode: 0, stdout: "x", stderr: "", combined: "" } })).toBe(
    containerKey(container),
  )
  expect(containerKey({ ...container, config: { ...emptyConfig, user: "1" } })).not.toBe(containerKey(container))
})

test("a Dockerfile's base images are found, stages and scratch are none", () => {
  const dockerfile = `ARG NODE=node:20-alpine
ARG EMPTY
FROM --platform=linux/amd64 \${NODE} AS deps
FROM deps AS build
RUN --mount=type=bind,from=busybox:1,source=/bin,target=/b true
FROM scratch
FROM python:3.13-slim
COPY --from=build /a /b
COPY --from=docker.io/library/registry:3 /a /b
COPY --from=0 /a /b`
  expect(baseImages(dockerfile, [])).toEqual([
    "node:20-alpine",
    "busybox:1",
    "python:3.13-slim",
    "docker.io/library/registry:3",
  ])
  expect(baseImages(dockerfile, [{ name: "NODE", value: "node:other" }])[0]).toBe("node:other")
})

test.each([
  ["*.md", "a.md", true],
  ["*.md", "d/a.md", false],
  ["**/*.md", "a.md", true],
  ["**/*.md", "d/e/a.md", true],
  ["d/**", "d/e/f", true],
  ["d", "de", false],
  ["a?c", "abc", true],
  ["./d/", "d", true],
  ["[ab].x", "b.x", true],
  ["a+b", "a+b", true],
])("the pattern %s on %s: %s", (text, path, matches) => {
  expect(pattern(text).test(path)).toBe(matches)
})

test.each([
  [["a"], "a", true],
  [["a"], "a/b", true],
  [["/a"], "a", false],
  [["a", "!a/b"], "a/b", false],
  [["a", "!/a/b"], "a/b", true],
])("a filter of %j on %s: %s", (patterns, path, matches) => {
  expect(matcher(patterns)(path)).toBe(matches)
})

test.each([
  ["publicUrl", "public-url"],
  ["checkTests", "check-tests"],
  ["HTTPServer", "http-server"],
  ["sha256", "sha-256"],
  ["k3s", "k-3-s"],
  ["name", "name"],
])("%s is %s on the command line", (name, flag) => {
  expect(cliName(name)).toBe(flag)
})

test("flags are read by type", () => {
  const types = { enumOf: () => ({ name: "Level", members: { HIGH: "High" } }) }
  const read = (type: object, word: string, before?: unknown) =>
    readFlag({ name: "aFlag", description: "", type: type as never }, word, before, types)
  expect(read({ kind: "LIST", of: { kind: "STRING" } }, 'b,"c,d"', ["a"])).toEqual(["a", "b", "c,d"])
  expect(read({ kind: "ENUM", name: "Level" }, "high")).toBe("High")
  expect(read({ kind: "INPUT", name: "PortForward" }, "80:8080")).toMatchObject({ frontend: 80, backend: 8080 })
  expect(() => read({ kind: "INTEGER" }, "1.5")).toThrow('invalid argument "1.5" for "--a-flag" flag')
})

test("secrets are scrubbed whole, the longest first, trimmed ones too", async () => {
  for (const plaintext of ["abc-secret\n", "abc-secret-longer"])
    await evaluate(recipe("Secret", "Query.setSecret", undefined, { name: plaintext, plaintext }))
  expect(scrub("x abc-secret-longer y abc-secret z")).toBe("x *** y *** z")
})
