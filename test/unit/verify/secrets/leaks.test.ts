import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

import { describe, expect, onTestFinished, test } from "vitest"

import {
  assertNoLeaks,
  byOwnNames,
  copySkipped,
  type Leak,
  leaksRow,
  placeInImage,
  QUIET_IN_DEPENDENCIES,
  readLeaks,
  saidBy,
  unpackRenamed,
  withoutLinesOf,
} from "../../../../.dagger/src/verify/secrets/leaks.js"
import { imageOf } from "../oci-image.ts"

const REPORT = [{ RuleID: "github-pat", File: "3/app/.env", StartLine: 2, Secret: "REDACTED", Match: "REDACTED" }]

describe("a report of gitleaks", () => {
  test("is read by rule and place", () => {
    expect(readLeaks(0, JSON.stringify(REPORT), "")).toEqual([
      { RuleID: "github-pat", File: "3/app/.env", StartLine: 2 },
    ])
    expect(readLeaks(0, "[]", "")).toEqual([])
  })

  test.each([
    ["a run that failed", 1, "[]", "cannot open", "exit code 1"],
    ["no report", 0, "", "", "cannot be read"],
    ["a report of another shape", 0, '[{"rule":"x"}]', "", "cannot be read"],
  ])("is an error for %s", (_, exitCode, stdout, stderr, why) => {
    expect(() => readLeaks(exitCode, stdout, stderr)).toThrow(new RegExp(`^TOOL_FAILED: gitleaks[^]*${why}`))
    expect(() => readLeaks(exitCode, stdout, stderr)).toThrow(
      expect.objectContaining({
        blame: "environment",
        fix: "fix what it names, or set images.gitleaks in cloud-native.yaml to one that works",
      }),
    )
  })

  test("becomes a row that names rule, layer and path", () => {
    const leaks = readLeaks(0, JSON.stringify([...REPORT, { ...REPORT[0], File: "environment", StartLine: 1 }]), "")
    expect(leaksRow("the layers", leaks, placeInImage)).toMatchObject({
      verdict: "fail",
      actual: "2 found",
      how: "gitleaks on the layers",
      findings: ["github-pat: layer 3: /app/.env:2", "github-pat: environment:1"],
    })
    expect(leaksRow("the layers", [], placeInImage)).toMatchObject({
      verdict: "pass",
      actual: "none found",
      findings: [],
    })
  })

  test("of a repository is an error that names rule and path, unless it is empty", () => {
    const leak = { RuleID: "github-pat", File: "app/.env", StartLine: 2 }
    expect(() => assertNoLeaks([leak])).toThrow(/^SECRETS_FOUND[^]*github-pat: app\/.env:2\n/)
    expect(() => assertNoLeaks([], [leak])).toThrow(/^SECRETS_FOUND[^]*github-pat: app\/.env:2, in the last commit\n/)
    expect(() => assertNoLeaks([], [])).not.toThrow()
    expect(() => assertNoLeaks([])).not.toThrow()
  })

  test.each([
    [1, "what looks like a secret"],
    [2, "2 that look like secrets"],
  ])("of a repository counts %d, a line each, and says what to do", (count, what) => {
    const leaks = Array<Leak>(count).fill({ RuleID: "jwt", File: "a.env", StartLine: 2 })
    expect(() => assertNoLeaks(leaks)).toThrow(
      expect.objectContaining({
        blame: "user",
        what: `the repository holds ${what}`,
        why: Array(count).fill("jwt: a.env:2").join("\n"),
        fix: "take it out, of git too (git rm --cached), give it as a Secret, and renew it; where it is none, except it in .gitleaksignore",
      }),
    )
  })

  test.each([
    ["3/app/.env", "layer 3: /app/.env"],
    ["12/app/.env", "layer 12: /app/.env"],
    ["environment", "environment"],
    ["app3/4/.env", "app3/4/.env"],
    ["3", "3"],
  ])("has a file of the scanned layers where it stands: %s: %s", (path, place) => {
    expect(placeInImage(path)).toBe(place)
  })
})

describe("what an image says of itself", () => {
  const base = saidBy(
    imageOf([], {
      env: ["PATH=/bin", "GPG_KEY=7169605F"],
      labels: { vendor: "python" },
      history: ["ENV GPG_KEY=7169605F"],
    }),
  )

  test("does not include what its base says", () => {
    const said = {
      env: ["PATH=/bin", "GPG_KEY=7169605F", "TOKEN=x"],
      labels: { vendor: "me" },
      annotations: { made: "here" },
      history: ["ENV GPG_KEY=7169605F", "ARG TOKEN=x"],
    }
    expect(withoutLinesOf(saidBy(imageOf([], said)), base)).toEqual({
      environment: ["TOKEN=x"],
      labels: ["vendor=me", "made=here"],
      history: ["ARG TOKEN=x"],
    })
  })

  test("includes another value of what its base says", () => {
    expect(withoutLinesOf(saidBy(imageOf([], { env: ["GPG_KEY=other"] })), base).environment).toEqual(["GPG_KEY=other"])
  })
})

describe("the rules for images", () => {
  test("name none that the source's have to know", () => {
    const common = readFileSync(join(import.meta.dirname, "../../../../.dagger/gitleaks/image.toml"), "utf8")
    expect(common).not.toMatch(/^targetRules|^\[extend\]/m)
  })

  test("do not have dependencies searched for what takes code for secrets", () => {
    expect(QUIET_IN_DEPENDENCIES).toContain(`[[rules]]\nid = "jwt"\n[[rules.allowlists]]\npaths = ['''~/''']\n`)
  })

  // What gitleaks v8.30 reports of next 14.2, 15.5 and 16.0, @peculiar/x509 1.14 (minified) and better-auth 1.2; made-up values.
  const allowed = [
    ...readFileSync(join(import.meta.dirname, "../../../../.dagger/gitleaks/image.toml"), "utf8").matchAll(
      /^regexes = \['''(.*)'''\]$/gm,
    ),
  ].map(([, text]) => new RegExp(text!))
  const random = "x7Kq2mZr9TvB4nWc8LdY".repeat(3)
  test.each([
    ["Next.js's preview mode", `__NEXT_PREVIEW_MODE_SIGNING_KEY": "${random}"`, true],
    ["Next.js's preview mode, in a manifest", `previewModeEncryptionKey":"${random}"`, true],
    ["Next.js's server actions", `NEXT_SERVER_ACTIONS_ENCRYPTION_KEY": "${random}="`, true],
    ["a constant of the X.509 library", "P.PrivateKeyTag=", true],
    ["Better Auth's list of exports", "Dropbox" + "Options as I, LinkedInOptions ", true],
    ["an application's own key", `apiKey = "${random}"`, false],
    ["a secret", random, false],
    ["a secret in base64", Buffer.from(random).toString("base64") + "=", false],
    ["a secret of two parts", `a.${random}=`, false],
  ])("let code of the frameworks pass, and nothing else: %s", (_, text, expected) => {
    expect(allowed.some(pattern => pattern.test(text))).toBe(expected)
  })

  // As RE2 and JavaScript both read it.
  const key = new RegExp(
    /id = "private-key"[^]*?regex = '''(.*)'''/.exec(
      readFileSync(join(import.meta.dirname, "../../../../.dagger/gitleaks/image.toml"), "utf8"),
    )![1]!,
  )
  const header = ["-----BEGIN", "PRIVATE KEY-----"].join(" ")
  const body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
  test.each([
    ["a file", `${header}\n${body}\n`, true],
    ["a text of JSON", `{"key":"${header}\\n${body}\\n"}`, true],
    [
      "an encrypted one",
      `${header.replace("PRIVATE", "RSA PRIVATE")}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,8695\n\n${body}`,
      true,
    ],
    [
      "one after code that names its first line",
      `if(!text.includes("${header}"))throw Error("no key");const key="${header}\\n${body}"`,
      true,
    ],
    [
      "code that names its first line",
      `if(!text.includes("${header}"))throw Error("${"no key ".repeat(20)}");text.replace("${header}","")`,
      false,
    ],
  ])("take for a private key %s: %#", (_, text, found) => {
    expect(key.test(text)).toBe(found)
  })
})

/** A folder for one test. */
function folderFor(what: string): string {
  const folder = mkdtempSync(join(tmpdir(), `cloud-native-${what}-`))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

describe("files that gitleaks skips by name", () => {
  test("are scanned under other names, and named by their own", () => {
    const folder = folderFor("skipped")
    const [layer, copies] = [join(folder, "layer"), join(folder, "copies")]
    mkdirSync(copies)
    for (const path of ["app/home.browser.js", "app/A.BRx", "app/plain.js"]) {
      mkdirSync(join(layer, dirname(path)), { recursive: true })
      writeFileSync(join(layer, path), path)
    }
    const { list, copy } = copySkipped(layer, copies)
    for (const [program, ...args] of [list, ...copy]) execFileSync(program!, args, { cwd: folder })
    expect(readdirSync(join(copies, "app")).sort()).toEqual(["A~brx", "home~browser.js"])
    expect(byOwnNames([{ RuleID: "github-pat", File: "3/app/home~browser.js", StartLine: 1 }])).toEqual([
      { RuleID: "github-pat", File: "3/app/home.browser.js", StartLine: 1 },
    ])
  })
})

describe("dependencies", () => {
  test.each([
    [
      "app/.venv/lib/python3.13/site-packages/own/settings.py",
      "app/.venv/lib/python3.13~/site-packages/own/settings.py",
    ],
    ["app/node_modules/a/node_modules/b/index.js", "app/node_modules~/a/node_modules~/b/index.js"],
    ["venv/lib/own-1.0.dist-info/METADATA", "venv~/lib/own-1.0.dist-info~/METADATA"],
    ["usr/lib/python2.7/own.py", "usr/lib/python2.7~/own.py"],
    ["web/bower_components/a.js", "web/bower_components~/a.js"],
    ["web/vendor/a.js", "web/vendor~/a.js"],
    ["env/lib/own.py", "env~/lib/own.py"],
    ["virtualenv/lib/own.py", "virtualenv~/lib/own.py"],
    ["app/vendor/vendor/venv/a.py", "app/vendor~/vendor~/venv~/a.py"],
    ["my-env/a.py", "my-env/a.py"],
    ["app/env.py", "app/env.py"],
    ["app/vendors/a.py", "app/vendors/a.py"],
    ["app/vendor", "app/vendor"],
  ])("of %s lie where gitleaks looks", (path, renamed) => {
    const folder = folderFor("leaks")
    const [layer, unpacked, blob] = ["layer", "unpacked", "blob"].map(name => join(folder, name)) as [
      string,
      string,
      string,
    ]
    mkdirSync(unpacked)
    mkdirSync(join(layer, dirname(path)), { recursive: true })
    writeFileSync(join(layer, path), "")
    execFileSync("tar", ["--create", "--gzip", `--file=${blob}`, `--directory=${layer}`, "."])
    const [program, ...args] = unpackRenamed(blob)
    execFileSync(program!, args, { cwd: unpacked })
    expect(existsSync(join(unpacked, renamed))).toBe(true)
  })

  test("are named by their own names, and what takes code for secrets counts elsewhere only", () => {
    const leak = (RuleID: string, File: string) => ({ RuleID, File, StartLine: 1 })
    const found = [
      leak("github-pat", "5/app/node_modules~/a/index.js"),
      leak("jwt", "5/app/node_modules~/a/index.js"),
      leak("jwt", "5/app/main.js"),
    ]
    expect(byOwnNames(found)).toEqual([
      leak("github-pat", "5/app/node_modules/a/index.js"),
      leak("jwt", "5/app/main.js"),
    ])
  })
})
