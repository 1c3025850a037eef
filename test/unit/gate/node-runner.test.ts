import { describe, expect, test } from "vitest"

import { nodeRunner } from "../../../.dagger/src/gate/node-runner.ts"

/** The command of an application in the folder web with this manifest and these further files. */
function commandOf(manifest: object, texts: Record<string, string> = {}, path = "web"): string | undefined {
  const all = { [path === "." ? "package.json" : `${path}/package.json`]: JSON.stringify(manifest), ...texts }
  return nodeRunner(path, "junit.xml", ["npx", "--no", "--"], { files: Object.keys(all), texts: all })?.command.join(
    " ",
  )
}

const JSON_REPORT = ".cloud-native-tests.json"
const VITEST = `--reporter=default --reporter=junit --reporter=json --outputFile.junit=junit.xml --outputFile.json=${JSON_REPORT}`
const JEST = `--ci --json --outputFile=${JSON_REPORT}`
const NODE =
  "--test-reporter=spec --test-reporter-destination=stdout --test-reporter=junit --test-reporter-destination=junit.xml"

describe("the runner of a script", () => {
  test.each<[string, string | undefined]>([
    ["vitest", `npx --no -- vitest run ${VITEST}`],
    ["vitest run --dir src", `npx --no -- vitest run --dir src ${VITEST}`],
    ["vitest --watch", `npx --no -- vitest run ${VITEST}`],
    ["jest --watchAll --runInBand", `npx --no -- jest --runInBand ${JEST}`],
    ["jest -w 2 src", `npx --no -- jest -w 2 src ${JEST}`],
    ["node node_modules/jest/bin/jest.js -w 2", `node node_modules/jest/bin/jest.js -w 2 ${JEST}`],
    ["vitest -w src", `npx --no -- vitest run src ${VITEST}`],
    ["vitest run -w", `npx --no -- vitest run ${VITEST}`],
    ["jest --watchAll false src", `npx --no -- jest src ${JEST}`],
    ["jest --watch true", `npx --no -- jest ${JEST}`],
    ["jest --watchAll=false true", `npx --no -- jest true ${JEST}`],
    ["jest --forceExit false", `npx --no -- jest --forceExit false ${JEST}`],
    ["vitest --watch src", `npx --no -- vitest run src ${VITEST}`],
    ["MODE=test jest", `env MODE=test npx --no -- jest ${JEST}`],
    ["node --import=tsx --test test/", `node --import=tsx --test ${NODE} test/`],
    ["tsx --test test/", `npx --no -- tsx --test ${NODE} test/`],
    [
      "node --experimental-vm-modules node_modules/jest/bin/jest.js --runInBand",
      `node --experimental-vm-modules node_modules/jest/bin/jest.js --runInBand ${JEST}`,
    ],
    ["node --no-warnings node_modules/.bin/jest", `node --no-warnings node_modules/.bin/jest ${JEST}`],
    ["node ../../node_modules/vitest/vitest.mjs --watch", `node ../../node_modules/vitest/vitest.mjs run ${VITEST}`],
    ["./node_modules/.bin/jest --silent", `./node_modules/.bin/jest --silent ${JEST}`],
    ["node scripts/jest.js", undefined],
    ["tsx scripts/jest.js", undefined],
    ["tsx node_modules/jest/bin/jest.js", undefined],
    ['NODE_OPTIONS="--a --b" jest', `env NODE_OPTIONS=--a --b npx --no -- jest ${JEST}`],
    ["node --test --test-reporter=spec test/", `node --test ${NODE} test/`],
    ["node --test-reporter dot --test-reporter-destination stdout --test", `node --test ${NODE}`],
    ["vitest run --reporter=junit --outputFile=a.xml src", `npx --no -- vitest run src ${VITEST}`],
    ["vitest --outputFile.junit=a.xml src", `npx --no -- vitest run src ${VITEST}`],
    ["vitest --reporter verbose --outputFile.json a.json", `npx --no -- vitest run ${VITEST}`],
    ["jest --outputFile=a.json --reporters=default", `npx --no -- jest --reporters=default ${JEST}`],
    ["bun test --reporter-outfile=a.xml", "bun test --reporter=junit --reporter-outfile=junit.xml"],
    ["tsx test.ts", undefined],
    ["node test.js", undefined],
    ["bun test src", "bun test --reporter=junit --reporter-outfile=junit.xml src"],
    ["bun run build", undefined],
    ["bun server.ts", undefined],
    ["next build", undefined],
  ])("%s: %s", (script, expected) => {
    expect(commandOf({ scripts: { test: script } })).toBe(expected)
  })

  test.each([
    ["web", "web/"],
    [".", ""],
  ])("gets the files of its folder that a shell puts in place of a pattern: %s", (path, folder) => {
    const files = { [`${folder}tests/a.test.js`]: "", [`${folder}tests/b.test.js`]: "", "other/tests/c.test.js": "" }
    expect(commandOf({ scripts: { test: "node --test tests/*.test.js" } }, files, path)).toBe(
      `node --test ${NODE} tests/a.test.js tests/b.test.js`,
    )
  })

  test("is that of the likeliest script that runs tests", () => {
    expect(commandOf({ scripts: { test: "next lint", unit: "jest", "test:unit": "vitest" } })).toContain("vitest")
  })
})

describe("the runner of an application without such a script", () => {
  const installed = (name: string) => ({ devDependencies: { [name]: "1" } })
  const TEST = { "web/a.test.ts": "" }
  test.each<[string, object, Record<string, string>, string | undefined]>([
    ["vitest, where it has tests", installed("vitest"), TEST, `npx --no -- vitest run ${VITEST}`],
    ["jest, where it has tests", installed("jest"), TEST, `npx --no -- jest ${JEST}`],
    ["jest, among its dependencies", { dependencies: { jest: "1" } }, TEST, `npx --no -- jest ${JEST}`],
    ["none, where no test is its own", installed("jest"), { "api/a.test.ts": "" }, undefined],
    ["none, without tests", installed("jest"), {}, undefined],
    ["none, without a runner", {}, TEST, undefined],
  ])("%s", (_, manifest, texts, expected) => {
    expect(commandOf(manifest, texts)).toBe(expected)
  })

  test.each([
    ["a.test.ts", true],
    ["a.spec.mjs", true],
    ["src/a.test.jsx", true],
    ["__tests__/a.ts", true],
    ["src/__tests__/a.ts", true],
    ["a.ts", false],
    ["a.test.ts.snap", false],
    ["my__tests__/a.ts", false],
  ])("%s is a test: %s", (file, isTest) => {
    expect(commandOf(installed("jest"), { [file]: "" }, ".") !== undefined).toBe(isTest)
  })

  test("is none without a manifest", () => {
    expect(nodeRunner("web", "junit.xml", [], { files: [], texts: {} })).toBeUndefined()
  })
})

describe("tests of a browser are left to their own runner", () => {
  const jest = (texts: Record<string, string>) =>
    commandOf({ scripts: { test: "jest" } }, texts)
      ?.replace(`npx --no -- jest ${JEST}`, "")
      .trim()
  const ignoring = (folder: string) =>
    `--testPathIgnorePatterns=/node_modules/ --testPathIgnorePatterns=<rootDir>/${folder}/`
  test.each<[string, Record<string, string>, string]>([
    [
      "where its configuration says",
      { "web/playwright.config.ts": 'export default { testDir: "./browser/" }' },
      ignoring("browser"),
    ],
    ["where its configuration says, without a step", { "web/playwright.config.ts": "testDir:'ui'" }, ignoring("ui")],
    ["in e2e", { "web/playwright.config.ts": "", "web/e2e/a.spec.ts": "" }, ignoring("e2e")],
    [
      "in a folder whose name others have too",
      { "web/playwright.config.ts": 'testDir: "./tests"', "web/src/tests/a.test.ts": "" },
      ignoring("tests"),
    ],
    [
      "not where its configuration has a pattern",
      { "web/playwright.config.ts": 'testDir: "./tests",\n  testMatch: "**/*.e2e.ts"' },
      "",
    ],
    ["not where it is the application's own folder", { "web/playwright.config.ts": 'testDir: "./"' }, ""],
    ["not where its configuration ignores files", { "web/playwright.config.ts": 'testDir: "a", testIgnore: "b"' }, ""],
    [
      "where its configuration has a pattern in a comment",
      { "web/playwright.config.ts": 'testDir: "a",\n  // testMatch: "b",\n' },
      ignoring("a"),
    ],
    ["in tests/e2e", { "web/playwright.config.mts": "", "web/tests/e2e/a.spec.ts": "" }, ignoring("tests/e2e")],
    [
      "not where there is no such folder",
      { "web/playwright.config.ts": "", "web/e2e.ts": "", "web/e2e-old/a.ts": "" },
      "",
    ],
    [
      "not where the configuration is another folder's",
      { "api/playwright.config.ts": "", "web/e2e/a.spec.ts": "" },
      "",
    ],
    [
      "not where a file is only called alike",
      { "web/my-playwright.config.ts": "", "web/playwright.config.d.ts": "", "web/e2e/a.spec.ts": "" },
      "",
    ],
  ])("%s", (_, texts, expected) => {
    expect(jest(texts)).toBe(expected)
  })

  test("of the repository's root", () => {
    const texts = { "playwright.config.ts": "", "e2e/a.spec.ts": "" }
    expect(commandOf({ scripts: { test: "jest" } }, texts, ".")).toBe(`npx --no -- jest ${JEST} ${ignoring("e2e")}`)
  })

  test.each([
    ["", " --exclude=e2e/**"],
    ['testMatch: "**/*.e2e.ts"', ""],
  ])("by vitest too: %j", (config, excluded) => {
    const texts = { "web/playwright.config.ts": config, "web/e2e/a.spec.ts": "" }
    expect(commandOf({ scripts: { test: "vitest" } }, texts)).toBe(`npx --no -- vitest run ${VITEST}${excluded}`)
  })

  const E2E = { "web/playwright.config.ts": "", "web/e2e/a.spec.ts": "" }
  test.each<[string, object, Record<string, string>, boolean]>([
    ["in the manifest", { jest: { testPathIgnorePatterns: ["/dist/"] } }, {}, true],
    ["by a pattern", { jest: { testMatch: ["**/*.unit.ts"] } }, {}, true],
    ["of a project", { jest: { projects: [{ testRegex: "unit" }] } }, {}, true],
    ["in a file", {}, { "web/jest.config.ts": 'export default { roots: ["<rootDir>/src"] }' }, true],
    ["in a comment", {}, { "web/jest.config.js": "module.exports = {\n  // testMatch: [],\n * roots\n}" }, false],
    ["in another folder's file", {}, { "jest.config.js": "testMatch: []", "api/jest.config.js": "roots: []" }, false],
    ["by other settings", { jest: { testEnvironment: "jsdom" } }, { "web/jest.config.js": "myroots: []" }, false],
  ])("but as jest's configuration says, where it says so %s", (_, settings, texts, isSaid) => {
    const command = commandOf({ scripts: { test: "jest" }, ...settings }, { ...E2E, ...texts })
    expect(command).toBe(`npx --no -- jest ${JEST}${isSaid ? "" : ` ${ignoring("e2e")}`}`)
  })

  test("not by vitest, whatever jest's configuration says", () => {
    const command = commandOf({ scripts: { test: "vitest" }, jest: { roots: ["src"] } }, E2E)
    expect(command).toContain("--exclude=e2e/**")
  })
})
