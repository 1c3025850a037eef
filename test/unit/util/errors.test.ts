import { describe, expect, test } from "vitest"

import { CloudNativeError, lastLines, messageOf } from "../../../.dagger/src/util/errors.js"

describe("an error's message", () => {
  test("is whole by itself: code, what, evidence, way out", () => {
    const error = new CloudNativeError({
      code: "BUILD_FAILED",
      blame: "user",
      what: "docker/backend.dockerfile does not build",
      why: "RUN uv sync\n\nexit code 2",
      fix: "fix the step",
      cause: new Error("inner"),
    })
    expect(error.message).toBe(
      "BUILD_FAILED: docker/backend.dockerfile does not build\n  RUN uv sync\n\n  exit code 2\n→ fix the step",
    )
    expect(error.cause).toEqual(new Error("inner"))
    expect(error.message).not.toContain(" at ")
  })

  test("ends with the cause and the fix, however much evidence there is", () => {
    const evidence = Array.from({ length: 40 }, (_, index) => `line ${index}`).join("\n")
    const failure = {
      code: "ROLLOUT_FAILED",
      blame: "user",
      what: "it cannot succeed",
      evidence,
      fix: "fix it",
    } as const
    const lines = new CloudNativeError({ ...failure, why: "killed\nOOMKilled" }).message.split("\n")
    expect(lines[0]).toBe("ROLLOUT_FAILED: it cannot succeed")
    expect(lines.slice(-4)).toEqual(["  line 39", "  cause: killed", "  OOMKilled", "→ fix it"])
  })
})

describe("what another's error says", () => {
  test("a failed command's own output stands with it", () => {
    const error = Object.assign(new Error("exit code: 1"), { stdout: "collecting\n", stderr: "no such file\n" })
    expect(messageOf(error)).toBe("exit code: 1\ncollecting\nno such file")
    const cmd = ["/bin/sh", "-c", "npm ci"]
    expect(messageOf(Object.assign(error, { cmd }))).toBe("/bin/sh -c npm ci\nexit code: 1\ncollecting\nno such file")
  })
  test("an error without output is its message", () => {
    expect(messageOf(new Error("no route"))).toBe("no route")
  })
  test("what is not an error is shown as text", () => {
    expect(messageOf("odd")).toBe("odd")
  })
})

describe("the last lines of an output", () => {
  test("say how many were left out", () => {
    expect(lastLines("a\nb\nc\n", 2)).toBe("… 1 lines before\nb\nc")
  })
  test("a short one stays as it is", () => {
    expect(lastLines("a\nb\n", 2)).toBe("a\nb")
  })
})

test("an error is called by its class, as in a stack trace", () => {
  const error = new CloudNativeError({ code: "BUG", blame: "bug", what: "a", why: "b", fix: "c" })
  expect(error.name).toBe("CloudNativeError")
})
