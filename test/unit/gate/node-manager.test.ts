import { describe, expect, test } from "vitest"

import { bringing, type ManagerName, MANAGERS, nodeManager } from "../../../.dagger/src/gate/node-manager.ts"

function managerOf(texts: Record<string, string>, packageManager?: string, dockerfile = "") {
  const layout = { files: Object.keys(texts), texts }
  return nodeManager("web", { packageManager } as never, dockerfile, layout)
}

const BOTH = { "web/package-lock.json": "", "web/yarn.lock": "" }

describe("the package manager of a folder", () => {
  test.each<[string, Record<string, string>, string | undefined, string, string, string[]]>([
    ["is npm where nothing says another", {}, undefined, "", "npm", []],
    ["is that of the manifest", {}, "pnpm@9.1.0+sha512.a", "", "pnpm 9.1.0", []],
    ["is npm where the manifest names none of them", {}, "my-pnpm@9.1.0", "", "npm", []],
    ["is that of the lockfile", { "web/pnpm-lock.yaml": "lockfileVersion: '6.0'" }, undefined, "", "pnpm 8.15.9", []],
    [
      "is that of the lockfile, whatever the manifest says",
      { "web/yarn.lock": "" },
      "pnpm@9.1.0",
      "",
      "yarn 1.22.22",
      [],
    ],
    [
      "is one for both lockfiles of npm",
      { "web/package-lock.json": "", "web/npm-shrinkwrap.json": "" },
      undefined,
      "",
      "npm",
      [],
    ],
    ["is not that of a lockfile of another folder", { "api/yarn.lock": "" }, undefined, "", "npm", []],
    ["of two is that of the manifest", BOTH, "yarn@4.1.0", "RUN npm ci", "yarn 4.1.0", ["web/package-lock.json"]],
    [
      "of two is that whose lockfile the image copies",
      BOTH,
      undefined,
      "COPY yarn.lock .",
      "yarn 1.22.22",
      ["web/package-lock.json"],
    ],
    ["of two is that which the image runs", BOTH, undefined, "FROM node\nRUN npm ci", "npm", ["web/yarn.lock"]],
    [
      "of two is that which the image runs after another command",
      BOTH,
      undefined,
      "FROM node\nRUN a \\\n  && yarn install",
      "yarn 1.22.22",
      ["web/package-lock.json"],
    ],
  ])("%s", (_, texts, wanted, dockerfile, expected, unused) => {
    const { name, version, warnings } = managerOf(texts, wanted, dockerfile)
    expect([name, version].filter(Boolean).join(" ")).toBe(expected)
    expect(warnings).toEqual(unused.map(file => `${file} is not used: the package manager is ${name}; delete it`))
  })

  test.each([
    ["neither is named", "RUN make"],
    ["both are copied", "COPY package-lock.json yarn.lock ./"],
    ["one is named in a comment", "RUN make # npm ci"],
  ])("is not chosen of two where %s", (_, dockerfile) => {
    expect(() => managerOf(BOTH, "bun@1", dockerfile)).toThrow(
      expect.objectContaining({ code: "TEST_RUNNER_FAILED", blame: "user" }),
    )
  })

  test("is asked of a folder without a manifest too", () => {
    expect(nodeManager("web", undefined, "", { files: [], texts: {} }).name).toBe("npm")
  })
})

describe("the npm that the manifest asks for", () => {
  const LOCKED = { "web/package-lock.json": "{}" }
  test.each<[string, string | undefined, string, object]>([
    ["is brought where the Dockerfile is to be written", "npm@11.4.2", "", { version: "11.4.2" }],
    ["is brought as the Dockerfile does", "npm@11", "RUN apk add git && npm i -g npm@11.4.2", { version: "11" }],
    ["is brought as a here-document does", "npm@11", "RUN <<EOF\nset -e\nnpm i -g npm@11\nEOF", { version: "11" }],
    ["is brought as the newest", "npm@11", "FROM node\nRUN npm i -g npm\nCMD npm start", { version: "11" }],
    ["is brought as corepack prepares it", "npm@11", "RUN corepack prepare --activate npm@11", { version: "11" }],
    ["is brought as a flag after it says", "npm@11", "RUN npm install npm@11 \\\n  --global", { version: "11" }],
    ["is brought as corepack does", "npm@11.4.2+sha512.a", "RUN corepack enable npm && npm ci", { version: "11.4.2" }],
    ["is the image's own where that installs", "npm@11.4.2", "RUN npm ci", { askedNpm: "11.4.2" }],
    [
      "is the image's own where corepack brings others",
      "npm@11.4.2",
      "RUN corepack enable\nRUN npm ci",
      { askedNpm: "11.4.2" },
    ],
    ["is the image's own where another is installed", "npm@11.4.2", "RUN npm i -g npm-check", { askedNpm: "11.4.2" }],
    ["is the image's own where a comment installs it", "npm@11.4.2", "# RUN npm i -g npm@11", { askedNpm: "11.4.2" }],
    ["is none", undefined, "RUN npm ci", {}],
    ["is none where it asks for another manager", "pnpm@9.1.0", "RUN npm ci", {}],
  ])("%s: %s, %s", (_, wanted, dockerfile, expected) => {
    const { version, askedNpm } = managerOf(LOCKED, wanted, dockerfile)
    expect({ version, askedNpm }).toEqual({ version: undefined, askedNpm: undefined, ...expected })
  })
})

describe("the version of a package manager is the last that reads and keeps the lockfile", () => {
  test.each([
    ["pnpm-lock.yaml", "lockfileVersion: 5.4", "7.33.7"],
    ["pnpm-lock.yaml", "lockfileVersion: '6.0'", "8.15.9"],
    ["pnpm-lock.yaml", 'lockfileVersion: "9.0"', "10.34.9"],
    ["pnpm-lock.yaml", "lockfileVersion: 60.0", "10.34.9"],
    ["pnpm-lock.yaml", "# lockfileVersion: 5.4", "10.34.9"],
    ["pnpm-lock.yaml", "", "10.34.9"],
    ["yarn.lock", "# yarn lockfile v1", "1.22.22"],
    ["yarn.lock", "__metadata:\n  version: 4", "2.4.3"],
    ["yarn.lock", "__metadata:\n  version: 6", "3.8.7"],
    ["yarn.lock", "__metadata:\n  version: 8", "4.18.1"],
    ["yarn.lock", "__metadata:\n  version: 40", "4.18.1"],
    ["yarn.lock", "# __metadata:\n  version: 4", "1.22.22"],
    ["bun.lock", "{}", "1.4.5"],
  ])("%s: %j", (file, text, version) => {
    expect(managerOf({ [`web/${file}`]: text }).version).toBe(version)
  })
})

describe("a package manager is brought to an image of Node.js", () => {
  test.each<[ManagerName, string | undefined, string, string | undefined]>([
    ["npm", undefined, "node:20", undefined],
    ["npm", "11.4.2", "node:20", "npm@11.4.2"],
    ["pnpm", "9.1.0", "node:20", "pnpm@9.1.0"],
    ["pnpm", "9.1.0", "oven/bun:1", "pnpm@9.1.0"],
    ["yarn", "1.22.22", "node:20", "yarn@1.22.22"],
    ["yarn", "0.28.1", "node:20", "yarn@0.28.1"],
    ["yarn", "4.1.0", "node:20", "@yarnpkg/cli-dist@4.1.0"],
    ["yarn", "21.0.0", "node:20", "@yarnpkg/cli-dist@21.0.0"],
    ["bun", "1.4.5", "node:20", "bun@1.4.5"],
    ["bun", "1.4.5", "oven/bun:1", undefined],
    ["bun", "1.4.5", "bun:1", undefined],
  ])("%s %s, on %s: %s", (name, version, base, spec) => {
    expect(bringing(name, version, base).map(words => words.at(-1))).toEqual(spec === undefined ? [] : [spec])
  })
})

test("yarn keeps to its lockfile by an option of its generation", () => {
  const options = [undefined, "1.22.22", "4.1.0"].map(version => MANAGERS.yarn.frozen(version)[2])
  expect(options).toEqual(["--frozen-lockfile", "--frozen-lockfile", "--immutable"])
})
