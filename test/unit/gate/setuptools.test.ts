import { describe, expect, test } from "vitest"

import { setupExtras, setupFile } from "../../../.dagger/src/gate/setuptools.ts"

const layout = (texts: Record<string, string>) => ({ files: Object.keys(texts), texts })

test.each<[string, Record<string, string>, string | undefined]>([
  ["setup.py", { "api/setup.py": "" }, "setup.py"],
  ["setup.py, before setup.cfg", { "api/setup.py": "", "api/setup.cfg": "[metadata]\n" }, "setup.py"],
  ["setup.cfg with metadata", { "api/setup.cfg": "[metadata]\nname = api\n" }, "setup.cfg"],
  ["setup.cfg with options", { "api/setup.cfg": "[flake8]\nx = y\n[options]\n" }, "setup.cfg"],
  ["not setup.cfg that only speaks of a section", { "api/setup.cfg": "[flake8]\nx = [metadata]\n" }, undefined],
  ["not setup.cfg of other tools", { "api/setup.cfg": "[tool:pytest]\n[options.extras_require]\n" }, undefined],
  ["not that of another folder", { "setup.py": "", "setup.cfg": "[metadata]\n" }, undefined],
])("an application is installed from %s", (_, texts, expected) => {
  expect(setupFile("api", layout(texts))).toBe(expected)
})

describe("the extras that bring pytest", () => {
  const cfg = (section: string) => ({ "api/setup.cfg": `[options]\n${section}\n[flake8]\ntest = pytest\n` })
  const py = (text: string) => ({ "api/setup.py": `setup(name="api", ${text})\n` })
  test.each<[string, Record<string, string>, string[]]>([
    ["none", {}, []],
    ["none of setup.cfg without extras", cfg("tests_require =\n    pytest\n"), []],
    [
      "those of setup.cfg",
      cfg("[options.extras_require]\ndocs =\n    sphinx\ntest =\n    httpx\n    pytest>=8\ndev-all = PyTest\n"),
      ["test", "dev-all"],
    ],
    ["those of setup.cfg, without spaces", cfg("[options.extras_require]\ntest=pytest\n"), ["test"]],
    [
      "those of setup.cfg after one with extras of its own",
      cfg("[options.extras_require]\nall =\n    uvicorn[standard]\ntest = pytest\n"),
      ["test"],
    ],
    ["none of a comment in setup.py", py('extras_require={}\n  # extras_require={"test": ["pytest"]}'), []],
    [
      "those beside a # in a requirement",
      py('extras_require={"test": ["x @ git+https://h/x#egg=x", "pytest"]}'),
      ["test"],
    ],
    ["none of a comment", cfg("[options.extras_require]\n# test = pytest\n"), []],
    ["none of a package called alike", cfg("[options.extras_require]\ntest =\n    my-pytest\n"), []],
    [
      "those of setup.py",
      py("extras_require={\"docs\": [\"sphinx\"], 'test': ['uvicorn[standard]',\n 'pytest>=8']}"),
      ["test"],
    ],
    [
      "those of setup.py, with spaces or without",
      py('extras_require = {"a" : ["pytest"],"b":["pytest"], "c": [ "pytest" ]}'),
      ["a", "b", "c"],
    ],
    [
      "those of setup.py after a package with extras",
      py('extras_require={"a": ["uvicorn[standard]", "pytest"]}'),
      ["a"],
    ],
    ["none of setup.py that are made by code", py("extras_require=read_extras()"), []],
    ["none of what setup.py requires", py('install_requires=["pytest"], extras_require={"a": []}'), []],
  ])("%s", (_, texts, expected) => {
    expect(setupExtras("api", layout(texts))).toEqual(expected)
  })
})
