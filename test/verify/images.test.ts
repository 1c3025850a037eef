// Images as people build them: a Dockerfile each in place of the backend's, and which facts have to be other than those of a good one.
import { generateKeyPairSync } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, describe, expect, test } from "vitest"
import { parse } from "yaml"

import { dagger } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"

interface Expected {
  /** Files beside the application's. */
  files?: Record<string, string>
  config?: { from: string; to: string }
  /** Whether GIVEN is passed with --known-secrets. */
  given?: boolean
  /** The facts whose verdict is not that of a good image. */
  verdicts: Record<string, string>
  /** Patterns of findings; there has to be one for each. */
  findings?: string[]
  /** The verdict on the source. Default: pass. */
  source?: string
}

interface Fact {
  image: string
  name: string
  verdict: string
  findings: string[]
}

const CASES = join(import.meta.dirname, "cases")
const GOOD = {
  size: "pass",
  "own layers": "pass",
  base: "pass",
  "final stage": "pass",
  "file modes": "pass",
  user: "pass",
  secrets: "pass",
  "given secrets": "not checked",
  confined: "pass",
  start: "pass",
  stop: "pass",
  "request in flight": "pass",
  SBOM: "pass",
  vulnerabilities: "not checked",
}
// Made up here: none stands in this repository, which is searched for secrets like any other.
const SECRET = `ghp_${"x7Kq2mZr9TvB4nWc8LdY".repeat(2).slice(0, 36)}`
const PRIVATE_KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
  type: "pkcs8",
  format: "pem",
}) as string
const GIVEN = "correct horse battery staple"
process.env.CLOUD_NATIVE_GIVEN = GIVEN

const folder = mkdtempSync(join(tmpdir(), "cloud-native-verify-"))
afterAll(() => rmSync(folder, { recursive: true }))

describe("an image", () => {
  test.concurrent.each(readdirSync(CASES))("%s", async name => {
    const filled = (text: string) =>
      text.replaceAll("@SECRET@", SECRET).replaceAll("@GIVEN@", GIVEN).replaceAll("@PRIVATE_KEY@", PRIVATE_KEY)
    const expected = parse(readFileSync(join(CASES, name, "expected.yaml"), "utf8")) as Expected
    const source = Source.minimal().write(
      "docker/api.dockerfile",
      filled(readFileSync(join(CASES, name, "Dockerfile"), "utf8")),
    )
    for (const [path, text] of Object.entries(expected.files ?? {})) source.write(`api/${path}`, filled(text))
    if (expected.config) source.edit("cloud-native.yaml", expected.config.from, expected.config.to)
    const given = expected.given ? ["--known-secrets=env:CLOUD_NATIVE_GIVEN"] : []

    const file = join(folder, `${name}.json`)
    const ended = await dagger(`--source=${source.path}`, "verify-image", ...given, "json", "-o", file)
    expect(ended.exitCode, ended.stderr).toBe(0)
    const text = readFileSync(file, "utf8")
    const { passed, facts } = JSON.parse(text) as { passed: boolean; facts: Fact[] }
    const own = facts.filter(fact => fact.image === "backend")

    expect(Object.fromEntries(own.map(fact => [fact.name, fact.verdict])), text).toEqual({
      ...GOOD,
      ...expected.verdicts,
    })
    expect(facts.find(fact => fact.image === "source")?.verdict).toBe(expected.source ?? "pass")
    expect(passed).toBe(Object.values(expected.verdicts).every(verdict => verdict !== "fail"))
    const findings = own.flatMap(fact => fact.findings).join("\n")
    for (const pattern of expected.findings ?? []) expect(findings).toMatch(new RegExp(pattern))
    for (const secret of [SECRET, GIVEN]) expect(text + ended.stdout).not.toContain(secret)
  })
})
