import { expect, test } from "vitest"

import { parseScript, runsOwnCode } from "../../../.dagger/src/gate/script.js"

test.each([
  ["vitest", { env: {}, program: "vitest", args: [] }],
  ["NODE_ENV=test jest --runInBand", { env: { NODE_ENV: "test" }, program: "jest", args: ["--runInBand"] }],
  ["cross-env A=1 B='x' vitest run", { env: { A: "1", B: "x" }, program: "vitest", args: ["run"] }],
  ["npx --no vitest", { env: {}, program: "vitest", args: [] }],
  ["npx --no -- jest --ci", { env: {}, program: "jest", args: ["--ci"] }],
  ["pnpm exec jest -c jest.config.js", { env: {}, program: "jest", args: ["-c", "jest.config.js"] }],
  ["bun test", { env: {}, program: "bun", args: ["test"] }],
  ['node --test "test/**/*.test.js"', { env: {}, program: "node", args: ["--test", "test/**/*.test.js"] }],
  [
    "jest --testNamePattern ' adds ' -t '' --ci",
    { env: {}, program: "jest", args: ["--testNamePattern", " adds ", "-t", "", "--ci"] },
  ],
  ['A="one" B=a=b C= vitest', { env: { A: "one", B: "a=b", C: "" }, program: "vitest", args: [] }],
  ['NODE_OPTIONS="--a --b" jest', { env: { NODE_OPTIONS: "--a --b" }, program: "jest", args: [] }],
  ["cross-env NODE_OPTIONS='--a --b' jest", { env: { NODE_OPTIONS: "--a --b" }, program: "jest", args: [] }],
  ['NODE_OPTIONS="$NODE_OPTIONS --a" npx jest', { env: { NODE_OPTIONS: "--a" }, program: "jest", args: [] }],
  ['NODE_OPTIONS="$NODE_OPTIONS   --a" jest', { env: { NODE_OPTIONS: "--a" }, program: "jest", args: [] }],
  ["A='x\ny' jest", { env: { A: "x\ny" }, program: "jest", args: [] }],
  ['NODE_OPTIONS="${NODE_OPTIONS} --a" jest', { env: { NODE_OPTIONS: "--a" }, program: "jest", args: [] }],
  ['NODE_OPTIONS="$OTHER --a" jest', undefined],
  ["A=$A jest", undefined],
  ["jest --dir='a b'/c", { env: {}, program: "jest", args: ["--dir=a b/c"] }],
  ["vitest --exclude '(a|b)/*'", { env: {}, program: "vitest", args: ["--exclude", "(a|b)/*"] }],
  ['vitest --exclude "$DIR"', undefined],
  ["vitest -t it's", undefined],
  ["1A=1 vitest", { env: {}, program: "1A=1", args: ["vitest"] }],
  ["vitest A=1", { env: {}, program: "vitest", args: ["A=1"] }],
  ["npx jest --ci", { env: {}, program: "jest", args: ["--ci"] }],
  ["yarn run vitest", { env: {}, program: "vitest", args: [] }],
  ["A=1", undefined],
  ["npx", undefined],
  ["npm run lint && vitest", undefined],
  ["TOKEN=$(cat token) vitest", undefined],
  ["", undefined],
])("the script %j is read as a call", (script, call) => {
  expect(parseScript(script)).toEqual(call)
})

test.each([
  ["tests/*.test.js", ["tests/a.test.js", "tests/b.test.js"]],
  ["./tests/?.test.js", ["./tests/a.test.js", "./tests/b.test.js"]],
  ["tests/*", ["tests/a.test.js", "tests/b.test.js", "tests/unit"]],
  ["tests/**/*.test.js", ["tests/unit/c.test.js"]],
  ["*", ["src", "tests"]],
  [".*", [".*"]],
  ["tests/[z-a]*.js", ["tests/[z-a]*.js"]],
  ["'tests/*.test.js'", ["tests/*.test.js"]],
  ['"tests/*.test.js"', ["tests/*.test.js"]],
  ["--match='tests/*'", ["--match=tests/*"]],
  ["test/*.js", ["test/*.js"]],
  ["tests/a.test.js", ["tests/a.test.js"]],
])("a script's word %s stands for the files that it does in a shell: %j", (word, args) => {
  const files = ["tests/b.test.js", "tests/a.test.js", "tests/unit/c.test.js", "src/a.js", "src/b.js", ".github/a.yml"]
  expect(parseScript(`node --test ${word}`, files)?.args).toEqual(["--test", ...args])
})

test.each([
  ["patch-package", false],
  ["husky install || true", false],
  ["npx prisma generate --schema prisma/schema.prisma && patch-package", false],
  ["pnpm exec prisma generate", false],
  ["tsc -b", true],
  ["node scripts/postinstall.mjs", true],
  ["patch-package && npm run build", true],
  ["husky; npm run build", true],
  ["husky || npm run build", true],
  ["echo done; ", false],
  ["", false],
])("an installation with postinstall %j reads the repository's own code: %s", (postinstall, own) => {
  expect(runsOwnCode({ postinstall, test: "tsc" })).toBe(own)
})

test.each([
  [{ postinstall: "husky", install: "node-gyp rebuild" }, true],
  [{ prepare: "node x" }, true],
  [{ build: "node x", test: "node x", pretest: "node x" }, false],
  [{}, false],
])("an installation runs the scripts of its own steps: %j", (scripts: Record<string, string>, own) => {
  expect(runsOwnCode(scripts)).toBe(own)
})
