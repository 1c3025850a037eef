// Anybody's images, out of a registry: what they are built on, and what is no image at all; and scanners for vulnerabilities.
import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { dagger } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"
import { buildImage, forget, Registry } from "./registry.ts"

let registry: Registry
beforeAll(async () => {
  registry = await Registry.start()
})
afterAll(() => registry?.stop())

/** A base of one file, and an image on it, which is a package and may record its base. */
const base = (content: string) => ["FROM scratch\nCOPY content /content\n", { content }] as const
const on = (reference: string, record: Record<string, string> = {}) =>
  [
    [
      `FROM ${reference}`,
      ...Object.entries(record).map(([name, value]) => `LABEL org.opencontainers.image.base.${name}="${value}"`),
      "COPY app package.json /",
      "USER 10001",
    ].join("\n"),
    { app: reference, "package.json": '{"name":"app","version":"1.0.0"}' },
  ] as const

function verify(image: string, ...flags: string[]) {
  return dagger(
    `--source=${Source.minimal().path}`,
    "verify-image",
    `--image=${registry.address}/${image}`,
    ...flags,
    "summary",
  )
}

describe("an image out of a registry", () => {
  test("of the base that is demanded: passes, and what needs a run or a scanner is not checked", async () => {
    const name = `${registry.address}/current:1`
    const digest = await registry.push("current:1", ...base("first"))
    await registry.push("on-current:1", ...on(name, { name, digest }))
    const ended = await verify("on-current:1", `--base=${name}`)
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/image +base .*current:1 \+ 1 layers +PASS/)
    expect(ended.stdout).toMatch(/image +start .*NOT CHECKED/)
  })

  test("of a base that only it says it has: not checked, and the base's layers are searched like any", async () => {
    const name = `${registry.address}/leaking:1`
    const digest = await registry.push(
      "leaking:1",
      ...base(`token = ghp_${"x7Kq2mZr9TvB4nWc8LdY".repeat(2).slice(0, 36)}`),
    )
    await registry.push("on-leaking:1", ...on(name, { name, digest }))
    const ended = await verify("on-leaking:1")
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toMatch(/image +base .*NOT CHECKED +only the image says that it is .*leaking:1/)
    expect(ended.stderr).toContain("github-pat: layer 1: /content:1")
  })

  test("of another tag of the repository that is demanded: not this base", async () => {
    const name = `${registry.address}/tags:1`
    const digest = await registry.push("tags:1", ...base("first"))
    await registry.push("tags:2", ...base("second"))
    await registry.push("on-tags:1", ...on(name, { name, digest }))
    const ended = await verify("on-tags:1", `--base=${registry.address}/tags:2`)
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toMatch(/image +base .*not this base +FAIL +layer 1 of 1 is another/)
  })

  test("of a base that cannot be pulled: a failed row among the others", async () => {
    await registry.push("on-none:1", ...on("scratch"))
    const ended = await verify("on-none:1", `--base=${registry.address}/none:1`)
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toContain("VERIFICATION_FAILED")
    expect(ended.stderr).toMatch(/image +base .*FAIL +the base cannot be pulled/)
  })

  test("of a base whose tag has moved since: outdated, which is a warning", async () => {
    const name = `${registry.address}/moved:1`
    const digest = await registry.push("moved:1", ...base("first"))
    await registry.push("on-moved:1", ...on(name, { name, digest }))
    await registry.push("moved:1", ...base("second"))
    const ended = await verify("on-moved:1", `--base=${name}`)
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/image +base .*outdated +WARN/)
  })

  test("of another base that went by the same tag where it was built: not this base", async () => {
    const name = `${registry.address}/swapped:1`
    const digest = await buildImage("localhost/swapped:1", ...base("bad"))
    await registry.push("on-swapped:1", ...on("localhost/swapped:1", { name, digest }))
    await forget("localhost/swapped:1")
    await registry.push("swapped:1", ...base("good"))
    const ended = await verify("on-swapped:1", `--base=${name}`)
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toMatch(
      /image +base .*not this base +FAIL +the image names sha256:\w+, which was never pushed/,
    )
  })

  test("that records nothing, of a base whose tag has moved since: not this base", async () => {
    const name = `${registry.address}/unrecorded:1`
    await registry.push("unrecorded:1", ...base("first"))
    await registry.push("on-unrecorded:1", ...on(name))
    await registry.push("unrecorded:1", ...base("second"))
    const ended = await verify("on-unrecorded:1", `--base=${name}`)
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toMatch(/image +base .*not this base +FAIL/)
  })

  test("that nothing is known to be in: an SBOM of nothing fails", async () => {
    await registry.push("nothing:1", ...base("first"))
    const ended = await verify("nothing:1")
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toMatch(/image +SBOM +there is one +0 packages +FAIL/)
  })

  test("that is no image", async () => {
    await registry.pushArtifact("text", "1")
    const ended = await verify("text:1")
    expect(ended.exitCode, ended.stderr).toBe(1)
    // The embedded engine pulls an argument before the call.
    expect(ended.stderr).toMatch(/IMAGE_UNREADABLE|failed to get value for argument "image"/)
  })

  test("of a registry that does not answer", async () => {
    const ended = await dagger(
      `--source=${Source.minimal().path}`,
      "verify-image",
      "--image=localhost:1/none:1",
      "summary",
    )
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(ended.stderr).toContain("localhost:1/none")
  })
})

const MATCH = {
  vulnerability: { id: "CVE-2026-1", severity: "High", fix: { versions: ["3.1"], state: "fixed" } },
  artifact: { name: "openssl", version: "3.0" },
}
const prints = (report: unknown) => `print(${JSON.stringify(JSON.stringify(report))})`

describe("a scanner", () => {
  const scan = async (name: string, script: string, settings = "") => {
    const dockerfile = 'FROM python:3.13-slim\nCOPY scan.py /\nENTRYPOINT ["python3", "/scan.py"]'
    await registry.push(`scanner-${name}:1`, dockerfile, { "scan.py": script })
    const source = Source.minimal().edit("cloud-native.yaml", "name: minimal\n", `name: minimal\n${settings}`)
    await registry.push("scanned:1", ...on("scratch"))
    return dagger(
      `--source=${source.path}`,
      "verify-image",
      `--image=${registry.address}/scanned:1`,
      `--scanner=${registry.address}/scanner-${name}:1`,
      "summary",
    )
  }

  test("is given the image, and finds nothing", async () => {
    const script = `import os, sys\nassert "index.json" in os.listdir(sys.argv[1].removeprefix("oci-dir:"))\n${prints({ matches: [] })}`
    const ended = await scan("good", script)
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/image +vulnerabilities .*0 of 0 known +PASS/)
  })

  test("finds one that the policy does not accept", async () => {
    const ended = await scan("bad", prints({ matches: [MATCH] }))
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of ["VERIFICATION_FAILED", "CVE-2026-1 (high) in openssl 3.0, fixed in 3.1"])
      expect(ended.stderr).toContain(text)
  })

  test("finds one that is allowed for now", async () => {
    const ended = await scan(
      "allowed",
      prints({ matches: [MATCH] }),
      'vulnerabilities: { allow: [{ id: CVE-2026-1, reason: not reachable, expires: "2099-12-31" }] }\n',
    )
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/image +vulnerabilities .*0 of 1 known, 1 allowed +PASS/)
  })

  test.each([
    ["fails", "failing", 'import sys\nsys.exit("no database")', "", ["TOOL_FAILED", "exit code 1", "no database"]],
    ["prints what is no report", "talking", 'print("all is well")', "", ["TOOL_FAILED", "not the JSON of grype"]],
    [
      "does not end",
      "hanging",
      "import time\ntime.sleep(86400)",
      "vulnerabilities: { timeout: 3 }\n",
      ["VERIFICATION_FAILED", "the scanner did not end: it had 3 s"],
    ],
  ])("that %s is an error", async (_, name, script, settings, says) => {
    const ended = await scan(name, script, settings)
    expect(ended.exitCode, ended.stderr).toBe(1)
    for (const text of says) expect(ended.stderr).toContain(text)
    expect(ended.stdout).not.toContain("PASS")
  })
})
