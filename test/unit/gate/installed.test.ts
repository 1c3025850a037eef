import { describe, expect, test } from "vitest"

import { unfit } from "../../../.dagger/src/gate/installed.js"
import { lockedVersions, pythonName } from "../../../.dagger/src/gate/lockfile.js"

describe("what was installed", () => {
  const expected = {
    language: "node" as const,
    interpreter: ["node"],
    names: ["next", "zod"],
    locked: { next: ["15.1.0", "14.0.0"] },
    manifest: "web/package.json",
    lockfile: "web/yarn.lock",
  }
  test.each([
    [{ next: "15.1.0", zod: "4.0.0" }, []],
    [{ next: "15.1.0", zod: null }, ["zod is in web/package.json, and is not installed"]],
    [{ next: "15.1.0" }, ["zod is in web/package.json, and is not installed"]],
    [{ next: "15.1.0", zod: "" }, []],
    [{ zod: "4.0.0" }, ["next is in web/package.json, and is not installed"]],
    [{ next: "15.2.0", zod: "4.0.0" }, ["next 15.2.0 is installed, where web/yarn.lock has 15.1.0, 14.0.0"]],
  ])("%j", (versions, problems) => {
    expect(unfit(expected, versions)).toEqual(problems)
  })
})

describe("the versions of a lockfile", () => {
  test.each([
    [
      "package-lock.json",
      '{"packages":{"":{"version":"0.1.0"},"node_modules/a":{"version":"1.0.0"},"node_modules/b/node_modules/a":{"version":"2.0.0"},"web":{"link":true}}}',
      { a: ["1.0.0", "2.0.0"] },
    ],
    ["package-lock.json", '{"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0"}}}', { a: ["1.0.0"] }],
    [
      "pnpm-lock.yaml",
      "lockfileVersion: 5.4\npackages:\n\n  /next/1.0.0_react@18.0.0:\n    dev: true\n\n  /@scope/kit/2.0.0:\n    dev: true\n",
      { next: ["1.0.0"], "@scope/kit": ["2.0.0"] },
    ],
    [
      "pnpm-lock.yaml",
      "lockfileVersion: '6.0'\npackages:\n\n  /a@1.0.0(react@18.0.0):\n    dev: true\n\n  /@s/b@2.0.0-rc.1:\n    dev: true\n",
      { a: ["1.0.0"], "@s/b": ["2.0.0-rc.1"] },
    ],
    [
      "pnpm-lock.yaml",
      "lockfileVersion: '9.0'\npackages:\n\n  next@1.0.0:\n    peerDependencies:\n      react@18.0.0: '*'\n\n  '@scope/kit@2.0.0':\n    x: y\n",
      { next: ["1.0.0"], "@scope/kit": ["2.0.0"] },
    ],
    [
      "yarn.lock",
      '# yarn lockfile v1\n\n"@scope/kit@^2.0.0", "@scope/kit@~2.0.0":\n  version "2.0.1"\n  dependencies:\n    version "9.9.9"\n\nnext@1.0.0, next@^1.0.0:\r\n  version "1.0.0"\r\n',
      { "@scope/kit": ["2.0.1"], next: ["1.0.0"] },
    ],
    [
      "yarn.lock",
      '__metadata:\n  version: 8\n\n"@s/b@npm:^2.0.0":\n  version: 2.0.1\n\n"root@workspace:.":\n  version: 0.0.0-use.local\n',
      { "@s/b": ["2.0.1"] },
    ],
    [
      "yarn.lock",
      '__metadata:\n  version: 8\n\n"@repo/ui@npm:*, @repo/ui@workspace:packages/ui":\n  version: 0.0.0-use.local\n\n"@repo/ui@npm:1.0.0":\n  version: 1.0.0\n\n"local@npm:1.0.0":\n  version: 1.0.0\n',
      { local: ["1.0.0"] },
    ],
    [
      "bun.lock",
      '{\n  "packages": {\n    "next": ["next@1.0.0", "", {}, "sha512-x"],\n    "kit/next": ["next@2.0.0", "", {}, "sha512-y"],\n    "@scope/kit": ["@scope/kit@3.0.0-rc.1", ""],\n    "web": ["web@workspace:web"],\n  }\n}',
      { next: ["1.0.0", "2.0.0"], "@scope/kit": ["3.0.0-rc.1"] },
    ],
    ["bun.lockb", "\u0000", {}],
    [
      "uv.lock",
      'version = 1\n[[package]]\nname = "Ruamel_Yaml"\nversion = "0.18"\n[[package]]\nname = "api"\nsource = { editable = "." }\n',
      { "ruamel-yaml": ["0.18"] },
    ],
  ])("%s: %j", (file, text, versions) => {
    expect(lockedVersions(`web/${file}`, text)).toEqual(versions)
  })
})

test.each(["FastAPI_Users", "fastapi.users", "fastapi-_.users"])(
  "%s is one package of Python's, however it is written",
  name => {
    expect(pythonName(name)).toBe("fastapi-users")
  },
)
