import { describe, expect, test } from "vitest"

import { fileModesRow, finalStageRow } from "../../../../.dagger/src/verify/image/contents.js"
import type { LayerFile } from "../../../../.dagger/src/verify/image/layers.js"

const file = (path: string, rest: Partial<LayerFile> = {}): LayerFile => ({
  layer: 5,
  path,
  type: "file",
  mode: 0o644,
  size: 1,
  ...rest,
})

describe("the final stage", () => {
  test.each([
    ["compiler", "usr/bin/gcc"],
    ["compiler", "usr/bin/x86_64-linux-gnu-gcc-14"],
    ["compiler", "usr/bin/make"],
    ["compiler", "usr/local/go/bin/go"],
    ["compiler", "app/node_modules/.bin/tsc"],
    ["package manager", "usr/local/bin/pip3.13"],
    ["package manager", "app/.venv/bin/pip"],
    ["package manager", "root/.local/bin/uv"],
    ["cache", "root/.cache/pip/http/0/a"],
    ["cache", "root/.npm/_cacache/index"],
    ["cache", "var/lib/apt/lists/deb.debian.org_InRelease"],
    ["cache", "var/cache/apk/APKINDEX.tar.gz"],
    ["tests", "app/tests/conftest.txt"],
    ["tests", "app/src/test_main.py"],
    ["tests", "app/src/button.test.tsx"],
    ["git repository", "app/.git/HEAD"],
    ["source map", "app/.next/static/main.js.map"],
    ["dev dependency", "app/node_modules/typescript/package.json"],
    ["dev dependency", "app/.venv/lib/python3.13/site-packages/pytest/__init__.py"],
  ])("holds a %s: %s", (kind, path) => {
    expect(finalStageRow([file(path)])).toMatchObject({
      verdict: "fail",
      actual: `${kind} (1)`,
      findings: [`${kind}: layer 5: /${path}`],
    })
  })

  test.each([
    "app/app/main.py",
    "app/.venv/bin/python",
    "app/.venv/bin/uvicorn",
    "app/.venv/lib/python3.13/site-packages/annotated_types/test_cases.py",
    "app/node_modules/pg/test/pool.js",
    "app/server.js",
    "app/.next/server/app/latest/page.js",
    "app/.gitignore",
    "var/lib/apt/.wh.lists",
    "usr/bin/.wh.gcc",
  ])("may hold %s", path => {
    expect(finalStageRow([file(path)])).toMatchObject({ verdict: "pass", findings: [] })
  })

  test.each([
    ["the pip of a virtual environment", ["opt/venv/pyvenv.cfg", "opt/venv/bin/pip3.13"], "warn"],
    ["a pip beside no virtual environment", ["opt/venv/pyvenv.cfg", "usr/bin/pip3.13"], "fail"],
    ["another package manager in one", ["opt/venv/pyvenv.cfg", "opt/venv/bin/poetry"], "fail"],
    ["one that is called alike in one", ["opt/venv/pyvenv.cfg", "opt/venv/bin/pipenv"], "fail"],
    ["a pip beside a copy of an environment's settings", ["opt/venv/pyvenv.cfg.orig", "opt/venv/bin/pip"], "fail"],
    ["the source map of a package", ["app/node_modules/a/dist/index.mjs.map"], "warn"],
    ["a source map that Next.js makes of its server", ["app/.next/server/app/page.js.map"], "warn"],
    ["that of a browser's code beside it", ["app/.next/server/app/page.js.map", "app/.next/static/a.js.map"], "fail"],
    ["that of the application beside it", ["app/node_modules/a/index.mjs.map", "app/main.js.map"], "fail"],
  ])("%s: %s", (_, paths, verdict) => {
    expect(finalStageRow(paths.map(path => file(path)))).toMatchObject({ verdict })
  })

  test("names each kind once, with the number of its files", () => {
    const paths = ["usr/bin/gcc", "app/tests/a.txt", "usr/bin/make", "app/main.py"]
    expect(finalStageRow(paths.map(path => file(path)))).toMatchObject({
      name: "final stage",
      limit: "only what runs",
      actual: "compiler (2), tests (1)",
      how: "paths of 4 files above the base, deleted ones included",
    })
  })

  test("holds nothing else where only what runs was found", () => {
    expect(finalStageRow([])).toMatchObject({ actual: "nothing else found", verdict: "pass" })
  })

  test("may hold a folder that something was deleted from", () => {
    expect(finalStageRow([file("root/.cache/pip", { type: "folder" })])).toMatchObject({ verdict: "pass" })
  })
})

describe("the modes of files", () => {
  test.each([
    ["4755", file("usr/bin/x", { mode: 0o4755 })],
    ["2755", file("usr/bin/x", { mode: 0o2755 })],
    ["0666", file("app/main.py", { mode: 0o666 })],
    ["0777", file("app", { mode: 0o777, type: "folder" })],
  ])("give rights away: %s", (mode, found) => {
    expect(fileModesRow([found])).toMatchObject({ verdict: "fail", findings: [`${mode} layer 5: /${found.path}`] })
  })

  test.each([
    file("app/main.py", { mode: 0o775 }),
    file("tmp", { mode: 0o1777, type: "folder" }),
    file("app/data", { mode: 0o2755, type: "folder" }),
    file("app/link", { mode: 0o777, type: "other" }),
  ])("are harmless: %j", harmless => {
    expect(fileModesRow([harmless])).toMatchObject({ verdict: "pass" })
  })

  test.each([
    ["uv's lock of an environment", "app/.venv/.lock", "app/.venv/pyvenv.cfg", 0, "pass"],
    ["a lock that has a content", "app/.venv/.lock", "app/.venv/pyvenv.cfg", 1, "fail"],
    ["one in another folder", "app/.venv/.lock", "opt/venv/pyvenv.cfg", 0, "fail"],
    ["another empty file of an environment", "app/.venv/.lock.txt", "app/.venv/pyvenv.cfg", 0, "fail"],
  ])("%s: %s", (_, path, settings, size, verdict) => {
    expect(fileModesRow([file(settings), file(path, { mode: 0o666, size })])).toMatchObject({ verdict })
  })

  test("are counted", () => {
    const open = file("app/main.py", { mode: 0o666 })
    const row = { name: "file modes", limit: "no setuid, none writable by all" }
    expect(fileModesRow([open, open, file("app/a.py")])).toMatchObject({
      ...row,
      actual: "2 such",
      how: "modes of 3 files above the base",
    })
    expect(fileModesRow([])).toMatchObject({ ...row, actual: "none", how: "modes of 0 files above the base" })
  })
})
