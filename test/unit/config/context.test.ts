import type { Directory } from "@dagger.io/dagger"
import { expect, test } from "vitest"

import { applicationsOf } from "../../../.dagger/src/config/applications.ts"
import { buildContext } from "../../../.dagger/src/config/context.ts"
import { parseConfig } from "../../../.dagger/src/config/parse.ts"

/** What is done to the context of the backend, in a source with these files. */
async function stepsOf(files: Record<string, string>): Promise<unknown[]> {
  const steps: unknown[] = []
  const context = {
    filter: ({ exclude }: { exclude: string[] }) => (steps.push(["exclude", ...exclude]), context),
    withoutFile: (path: string) => (steps.push(["without", path]), context),
    withFile: (path: string, file: { path: string }) => (steps.push(["with", path, file.path]), context),
  }
  const source = {
    directory: (path: string) => (steps.push(["context", path]), context),
    exists: async (path: string) => path in files,
    file: (path: string) => ({ path, contents: async () => files[path] }),
  }
  const config = parseConfig("backend: { dockerfile: docker/api.dockerfile }", "cloud-native.yaml")
  await buildContext(source as unknown as Directory, applicationsOf(config).backend!)
  return steps
}

test.each<[string, Record<string, string>, string[]]>([
  ["nothing where no .dockerignore is", {}, []],
  ["what the context's own .dockerignore says", { "backend/.dockerignore": "*.log\n" }, ["*.log"]],
  [
    "what the .dockerignore beside the Dockerfile says, in place of the context's own",
    { "backend/.dockerignore": "*.log\n", "docker/api.dockerfile.dockerignore": "# tests\n\ntests\n" },
    ["tests"],
  ],
])("an image's context excludes %s", async (_, files, excluded) => {
  expect(await stepsOf(files)).toEqual([
    ["context", "backend"],
    ["exclude", ...excluded],
    // An engine that read it once more would exclude more than Docker.
    ["without", ".dockerignore"],
    ["with", ".cloud-native.dockerfile", "docker/api.dockerfile"],
  ])
})
