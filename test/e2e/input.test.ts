import { describe, expect, test } from "vitest"

import { call, dagger } from "./dagger.ts"
import { Source } from "./source.ts"

describe("unusable input is refused with the fix", () => {
  test.concurrent("a config with a wrong key, type or value: each with its place", async () => {
    const source = Source.minimal().write(
      "cloud-native.yaml",
      "name: minimal\nbackend:\n  pat: api\n  port: many\nlimits: { imageSize: big }\n",
    )
    const ended = await dagger(`--source=${source.path}`, "test", "summary")
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of [
      "CONFIG_INVALID",
      "cloud-native.yaml:3:3 backend.pat: expected one of path, ",
      '; did you mean "path"?',
      'cloud-native.yaml:4:9 backend.port: expected a port, 1 to 65535, got "many"',
      "cloud-native.yaml:5:22 limits.imageSize: expected a size, for example 200MB",
    ]) {
      expect(ended.stderr).toContain(text)
    }
  })

  test.concurrent("a source without the expected folders", async () => {
    const source = Source.minimal().remove("api").remove("docker/web.dockerfile")
    const ended = await dagger(`--source=${source.path}`, "test", "summary")
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["SOURCE_LAYOUT", "not found: api", "not found: docker/web.dockerfile", "cloud-native.yaml"])
      expect(ended.stderr).toContain(text)
  })

  test.concurrent("a Dockerfile that does not build: the step and its output, and nothing is pushed", async () => {
    const source = Source.minimal().edit("docker/api.dockerfile", "COPY main.py .", 'RUN echo "cannot go on" && exit 7')
    const ended = await dagger(`--source=${source.path}`, "push", "--registry=localhost:1/none")
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["BUILD_FAILED", "docker/api.dockerfile", "exit 7", "cannot go on"])
      expect(ended.stderr).toContain(text)
    expect(ended.stderr).not.toContain("push: localhost:1")
  })

  test.concurrent(
    "an image that runs as root, is too large and has another base: every row, and nothing is pushed",
    async () => {
      const source = Source.minimal()
        .edit("docker/api.dockerfile", "USER 10001:10001\n", "")
        .edit("docker/api.dockerfile", "FROM python:3.13-slim\n", "FROM node:20-alpine\n")
        .edit("cloud-native.yaml", "name: minimal\n", "name: minimal\nlimits: { imageSize: 1MB }\n")
        // Without it, the base is the one that the repository's own Dockerfile names.
        .edit("cloud-native.yaml", "  path: api\n", "  path: api\n  base: python:3.13-slim\n")
      const ended = await dagger(`--source=${source.path}`, "push", "--registry=localhost:1/none")
      expect(ended.exitCode, ended.stderr).toBe(1)
      expect(ended.stderr).toContain("VERIFICATION_FAILED")
      expect(ended.stderr).toMatch(/backend +size .*FAIL/)
      expect(ended.stderr).toMatch(/backend +base .*not this base.*FAIL/)
      expect(ended.stderr).toMatch(/backend +user .*FAIL/)
      expect(ended.stderr).toMatch(/frontend +user .*PASS/)
      expect(ended.stderr).not.toContain("push: localhost:1")
    },
  )

  test.concurrent("a registry that nobody answers for: at once, with its address, the cause and the fix", async () => {
    const pushing = call(`--source=${Source.minimal().path}`, "push", "--registry=localhost:1/none")
    const began = await pushing.said("push: localhost:1/none/minimal-backend")
    const ended = await pushing.ended
    expect(Date.now() - began).toBeLessThan(30_000)
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toMatch(
      /PUSH_FAILED: could not push localhost:1\/none\/minimal-\w+:[\w-]+\n[^]*refused[^]*→ .*--registry-service=tcp:\/\/localhost:1/i,
    )
  })
})
