// Another revision of the same source: a label, and nothing that would be made anew.
import { randomUUID } from "node:crypto"

import { expect, test } from "vitest"

import { dagger } from "./dagger.ts"
import { Source } from "./source.ts"

const CHANCE = "RUN head -c 16 /proc/sys/kernel/random/uuid > /chance\n"

test("an image of another revision has its label and the same layers, and its tests do not run again", async () => {
  const { path } = Source.minimal()
    .edit("docker/api.dockerfile", "USER 10001", `${CHANCE}USER 10001`)
    // A second run finds what the first has left, and fails.
    .edit("cloud-native.yaml", "caches: [], timeout: 20", "caches: [/ran], timeout: 20")
    .edit("api/suite.py", "\n\n", `\n\nopen("/ran/${randomUUID()}", "x")\n`)
  const image = async (revision: string, ...words: string[]) => {
    const built = await dagger(`--source=${path}`, "build-backend", `--revision=${revision}`, "container", ...words)
    expect(built.exitCode, built.stderr).toBe(0)
    return built.stdout.trim()
  }
  const drawn = await image("1111111", "file", "--path=/chance", "contents")
  expect(drawn).toMatch(/^[0-9a-f-]{16}$/)
  expect(await image("2222222", "file", "--path=/chance", "contents")).toBe(drawn)
  expect(await image("2222222", "label", "--name=org.opencontainers.image.revision")).toBe("2222222")
})
