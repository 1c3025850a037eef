import { describe, expect, test } from "vitest"

import type { Layout } from "../../../.dagger/src/gate/layout.ts"
import { installsByPip, pythonToolchain } from "../../../.dagger/src/gate/python.ts"
import type { Toolchain } from "../../../.dagger/src/gate/suite.ts"

/** The toolchain of the application in the folder api of a repository of these files. */
function toolchain(texts: Layout["texts"], dockerfile = ""): Toolchain | undefined {
  return pythonToolchain("api", dockerfile, { files: Object.keys(texts), texts })
}

const PROJECT = '[project]\nname = "api"\n'
const POETRY = '[tool.poetry]\nname = "api"\n'
const PDM = "[tool.pdm]\ndistribution = false\n"

describe("the package manager of a repository in Python", () => {
  test.each<[string, Layout["texts"], string, string | undefined]>([
    ["uv.lock", { "api/uv.lock": "", "api/pyproject.toml": PROJECT }, "", "uv sync"],
    ["uv.lock alone", { "api/uv.lock": "" }, "", "uv sync"],
    ["uv.lock of the workspace", { "uv.lock": "", "pyproject.toml": "[tool.uv.workspace]\n" }, "", "uv sync"],
    ["uv.lock above, of another project", { "uv.lock": "", "pyproject.toml": PROJECT }, "", undefined],
    ["uv.lock above, of a project of uv", { "uv.lock": "", "pyproject.toml": "[tool.uv]\n" }, "", undefined],
    ["uv.lock above, without a manifest", { "uv.lock": "" }, "", undefined],
    ["poetry.lock alone", { "api/poetry.lock": "" }, "", "poetry install"],
    [
      "poetry.lock, with a manifest of poetry",
      { "api/poetry.lock": "", "api/pyproject.toml": POETRY },
      "",
      "poetry install",
    ],
    ["no lockfile, with a manifest of poetry", { "api/pyproject.toml": POETRY }, "", "poetry install"],
    ["pdm.lock alone", { "api/pdm.lock": "" }, "", "pdm sync"],
    ["pdm.lock, with a manifest of poetry", { "api/pdm.lock": "", "api/pyproject.toml": POETRY }, "", "pdm sync"],
    ["no lockfile, with a manifest of PDM", { "api/pyproject.toml": PDM }, "", "pdm install"],
    [
      "uv.lock, with manifests of poetry and PDM",
      { "api/uv.lock": "", "api/pyproject.toml": POETRY + PDM },
      "",
      "uv sync",
    ],
    ["no lockfile, with a manifest of the standard", { "api/pyproject.toml": PROJECT }, "", "uv sync"],
    ["a manifest of tools alone", { "api/pyproject.toml": "[tool.ruff]\n" }, "", undefined],
    ["requirements", { "api/requirements.txt": "" }, "", "pip install"],
    ["requirements beside a lockfile", { "api/requirements.txt": "", "api/poetry.lock": "" }, "", "poetry install"],
    [
      "requirements beside a lockfile, which the image is built from",
      { "api/requirements.txt": "", "api/poetry.lock": "" },
      "RUN pip install -r requirements.txt",
      "pip install",
    ],
    [
      "requirements beside a lockfile, which the image exports",
      { "api/requirements.txt": "", "api/poetry.lock": "" },
      "COPY poetry.lock .\nRUN poetry export > requirements.txt",
      "poetry install",
    ],
    ...[
      ["uv installs requirements in the image", "RUN uv pip install -r requirements.txt", "pip install"],
      ["the image copies uv.lock", "COPY uv.lock requirements.txt ./", "uv sync"],
      ["the image runs uv sync", "RUN rm requirements.txt && uv sync --frozen", "uv sync"],
      ["the image exports by uv", "RUN uv export > requirements.txt", "uv sync"],
      ["the image starts by uv", 'RUN rm requirements.txt\nCMD ["uv", "run", "main.py"]', "uv sync"],
    ].map(([name, dockerfile, install]): [string, Layout["texts"], string, string] => [
      `requirements beside uv.lock, where ${name}`,
      { "api/requirements.txt": "", "api/uv.lock": "" },
      dockerfile!,
      install!,
    ]),
    [
      "a lockfile without requirements, where the image writes some",
      { "api/poetry.lock": "" },
      "RUN pip install -r requirements.txt",
      "poetry install",
    ],
    ["setup.py", { "api/setup.py": "" }, "", "pip install"],
    [
      "setup.py, with a manifest of tools",
      { "api/setup.py": "", "api/pyproject.toml": "[tool.ruff]\n" },
      "",
      "pip install",
    ],
    ["setup.py, with a manifest of the standard", { "api/setup.py": "", "api/pyproject.toml": PROJECT }, "", "uv sync"],
    ["setup.py beside a Pipfile", { "api/setup.py": "", "api/Pipfile": "" }, "", undefined],
    ["setup.cfg of tools alone", { "api/setup.cfg": "[flake8]\n" }, "", undefined],
    ["no manifest", { "api/main.py": "" }, "", undefined],
  ])("%s", (_, texts, dockerfile, install) => {
    expect(toolchain(texts, dockerfile)?.install[0]?.slice(0, 2).join(" ")).toBe(install)
  })
})

describe("what every package manager is given", () => {
  test.each<[string, Layout["texts"], Partial<Toolchain>]>([
    [
      "uv",
      { "api/uv.lock": "", "api/pyproject.toml": PROJECT },
      {
        caches: ["/root/.cache/pip", "/root/.cache/uv"],
        lockfiles: ["uv.lock"],
        run: ["uv", "run", "--frozen"],
        expected: {
          language: "python",
          interpreter: ["uv", "run", "--no-sync", "python"],
          names: [],
          locked: {},
          manifest: "api/pyproject.toml",
          lockfile: "api/uv.lock",
        },
        warnings: [],
      },
    ],
    [
      "uv without a lockfile",
      { "api/pyproject.toml": PROJECT },
      {
        lockfiles: [],
        run: ["uv", "run"],
        install: [["uv", "sync", "--no-install-project"]],
        expected: {
          language: "python",
          interpreter: ["uv", "run", "--no-sync", "python"],
          names: [],
          locked: {},
          manifest: "api/pyproject.toml",
          lockfile: undefined,
        },
        open: expect.objectContaining({ fix: "make one: `uv lock` in api" }),
      },
    ],
    [
      "poetry",
      { "api/poetry.lock": "", "api/pyproject.toml": POETRY },
      {
        caches: ["/root/.cache/pip", "/root/.cache/pypoetry"],
        lockfiles: ["poetry.lock"],
        run: ["poetry", "run"],
        expected: {
          language: "python",
          interpreter: ["poetry", "run", "python"],
          names: [],
          locked: {},
          manifest: "api/pyproject.toml",
          lockfile: "api/poetry.lock",
        },
        warnings: [],
      },
    ],
    [
      "poetry without a lockfile",
      { "api/pyproject.toml": POETRY },
      { lockfiles: [], open: expect.objectContaining({ fix: "make one: `poetry lock` in api" }) },
    ],
    [
      "PDM",
      { "api/pdm.lock": "", "api/pyproject.toml": PDM },
      {
        caches: ["/root/.cache/pip", "/root/.cache/pdm"],
        lockfiles: ["pdm.lock"],
        run: ["pdm", "run"],
        install: [["pdm", "sync", "--no-self"]],
        expected: {
          language: "python",
          interpreter: ["pdm", "run", "python"],
          names: [],
          locked: {},
          manifest: "api/pyproject.toml",
          lockfile: "api/pdm.lock",
        },
        warnings: [],
      },
    ],
    [
      "PDM without a lockfile",
      { "api/pyproject.toml": PDM },
      { lockfiles: [], open: expect.objectContaining({ fix: "make one: `pdm lock` in api" }) },
    ],
    [
      "pip",
      { "api/requirements.txt": "fastapi==1\n", "api/requirements-dev.txt": "pytest==8\n" },
      {
        caches: ["/root/.cache/pip"],
        lockfiles: [],
        run: [],
        link: [],
        expected: {
          language: "python",
          interpreter: ["python"],
          names: ["fastapi", "pytest"],
          locked: {},
          manifest: "api/requirements.txt, api/requirements-dev.txt",
        },
        warnings: [],
      },
    ],
  ])("%s", (_, texts, expected) => {
    expect(toolchain(texts)).toMatchObject(expected)
  })
})

test.each<[string, string, string[]]>([
  ["without hashes", "pytest==8\n", ["-r requirements.txt", "-r requirements-dev.txt"]],
  ["with hashes", "pytest==8 \\\n  --hash=sha256:b\n", ["-r requirements.txt -r requirements-dev.txt"]],
])("pip installs requirements with hashes by one command, and those %s", (_, dev, commands) => {
  const hashed = "fastapi==1 \\\n    --hash=sha256:a\n"
  const { install } = toolchain({ "api/requirements.txt": hashed, "api/requirements-dev.txt": dev })!
  expect(install.map(command => command.join(" ").replace(/^pip install --quiet \S+ /, ""))).toEqual(commands)
})

describe("the groups of dependencies that bring pytest are installed too", () => {
  const OPTIONAL = '[project.optional-dependencies]\ntest = ["pytest>=8"]\ndocs = ["sphinx", "not-pytest"]\n'
  const GROUPS =
    '[dependency-groups]\ndev = ["PyTest"]\ntests = ["pytest"]\nlint = ["ruff", { include-group = "dev" }]\n'
  test.each<[string, Layout["texts"], string]>([
    [
      "uv: extras, and groups but that of development, which is installed anyway",
      { "api/uv.lock": "", "api/pyproject.toml": PROJECT + OPTIONAL + GROUPS },
      "uv sync --frozen --no-install-project --extra test --group tests",
    ],
    ...[
      ["uv: that of development, where it is no default", '["lint"]', " --group dev --group tests"],
      ["uv: none that is a default", '["dev", "tests"]', ""],
      ["uv: none where all are", '"all"', ""],
    ].map(([name, defaults, groups]): [string, Layout["texts"], string] => [
      name!,
      { "api/uv.lock": "", "api/pyproject.toml": `${PROJECT}${GROUPS}[tool.uv]\ndefault-groups = ${defaults}\n` },
      `uv sync --frozen --no-install-project${groups}`,
    ]),
    [
      "poetry: groups that are optional, and extras",
      {
        "api/poetry.lock": "",
        "api/pyproject.toml": `${PROJECT}${OPTIONAL}[tool.poetry.extras]\ne2e = ["pytest"]\n[tool.poetry.group.test]\noptional = true\n[tool.poetry.group.test.dependencies]\npytest = "^8"\n[tool.poetry.group.dev.dependencies]\npytest = "^8"\n[tool.poetry.group.docs]\noptional = true\n[tool.poetry.group.docs.dependencies]\nsphinx = "*"\n`,
      },
      "poetry install --no-root --with test --extras test --extras e2e",
    ],
    [
      "PDM: extras, groups, and its own",
      {
        "api/pdm.lock": "",
        "api/pyproject.toml": `${PROJECT}${OPTIONAL}${GROUPS}[tool.pdm.dev-dependencies]\nown = ["pytest"]\n`,
      },
      "pdm sync --no-self --group test --group dev --group tests --group own",
    ],
  ])("%s", (_, texts, install) => {
    expect(toolchain(texts)?.install.map(words => words.join(" "))).toEqual([install])
  })
})

describe("where no file of requirements has pytest, pip installs the groups that bring it", () => {
  const files = { "api/requirements.txt": "fastapi==1\n" }
  const group = `${PROJECT}[dependency-groups]\ntest = ["pytest>=8", "httpx"]\n`
  const both = { manifest: "api/requirements.txt, api/pyproject.toml", names: ["fastapi", "pytest", "httpx"] }
  test.each<[string, Layout["texts"], string, object]>([
    ["a group", { ...files, "api/pyproject.toml": group }, "-r requirements.txt pytest>=8 httpx", both],
    [
      "an extra",
      { ...files, "api/pyproject.toml": `${PROJECT}[project.optional-dependencies]\nt = ["pytest>=8", "httpx"]\n` },
      "-r requirements.txt pytest>=8 httpx",
      both,
    ],
    [
      "an extra and a group, each requirement once",
      { ...files, "api/pyproject.toml": `${group}[project.optional-dependencies]\nt = ["httpx", "pytest>=8"]\n` },
      "-r requirements.txt httpx pytest>=8",
      { ...both, names: ["fastapi", "httpx", "pytest"] },
    ],
    [
      "none where requirements have it",
      { ...files, "api/dev-requirements.txt": "PyTest==7\n", "api/pyproject.toml": group },
      "-r requirements.txt -r dev-requirements.txt",
      { manifest: "api/requirements.txt, api/dev-requirements.txt", names: ["fastapi", "pytest"] },
    ],
    [
      "none without it",
      { ...files, "api/pyproject.toml": `${PROJECT}[dependency-groups]\nlint = ["ruff"]\n` },
      "-r requirements.txt",
      { manifest: "api/requirements.txt", names: ["fastapi"] },
    ],
    ["none without a manifest", files, "-r requirements.txt", { manifest: "api/requirements.txt", names: ["fastapi"] }],
  ])("%s", (_, texts, words, expected) => {
    const found = toolchain(texts)
    expect(found?.install.map(command => command.join(" "))).toEqual([
      `pip install --quiet --root-user-action=ignore ${words}`,
    ])
    expect(found?.expected).toMatchObject(expected)
  })

  test("also beside a lockfile that the image is not built from", () => {
    const found = toolchain(
      { ...files, "api/pyproject.toml": group, "api/uv.lock": "" },
      "RUN pip install -r requirements.txt",
    )
    expect(found?.install[0]?.slice(-2)).toEqual(["pytest>=8", "httpx"])
  })
})

describe("the application itself is installed", () => {
  test.each<[string, Layout["texts"], string[]]>([
    [
      "by poetry where it is a package",
      { "api/pyproject.toml": POETRY, "api/api/__init__.py": "" },
      ["poetry install --only-root"],
    ],
    [
      "by poetry where it is a package in src",
      { "api/pyproject.toml": '[tool.poetry]\nname = "my-api"\n', "api/src/my_api/__init__.py": "" },
      ["poetry install --only-root"],
    ],
    [
      "by poetry by the name of the standard",
      { "api/poetry.lock": "", "api/pyproject.toml": PROJECT, "api/api/__init__.py": "" },
      ["poetry install --only-root"],
    ],
    [
      "by poetry where it says what its packages are",
      { "api/pyproject.toml": `${POETRY}packages = [{ include = "app" }]\n` },
      ["poetry install --only-root"],
    ],
    ["not by poetry where it is none", { "api/pyproject.toml": POETRY }, []],
    [
      "not by poetry where it says that it is none",
      { "api/pyproject.toml": `${POETRY}package-mode = false\n`, "api/api/__init__.py": "" },
      [],
    ],
    ["not by poetry without a manifest", { "api/poetry.lock": "" }, []],
    [
      "by PDM where it says so",
      { "api/pdm.lock": "", "api/pyproject.toml": "[tool.pdm]\ndistribution = true\n" },
      ["pdm sync"],
    ],
    [
      "by PDM where it has a build system",
      { "api/pdm.lock": "", "api/pyproject.toml": "[build-system]\nrequires = []\n" },
      ["pdm sync"],
    ],
    [
      "not by PDM where it says so",
      { "api/pdm.lock": "", "api/pyproject.toml": `[build-system]\nrequires = []\n${PDM}` },
      [],
    ],
    ["not by PDM where it says nothing", { "api/pdm.lock": "", "api/pyproject.toml": PROJECT }, []],
    ["not by PDM without a manifest", { "api/pdm.lock": "" }, []],
  ])("%s", (_, texts, link) => {
    expect(toolchain(texts)?.link.map(words => words.join(" "))).toEqual(link)
  })
})

test("requirements that are no text name no package", () => {
  const found = pythonToolchain("api", "", { files: ["api/requirements.txt"], texts: {} })
  expect(found?.expected?.names).toEqual([])
})

describe("packages that have to be there after the installation", () => {
  test.each<[string, string, string[]]>([
    [
      "those of the standard, which every machine gets",
      '[project]\ndependencies = ["Fast_API>=1", "uvicorn; sys_platform == \'linux\'", 3]\n',
      ["fast-api"],
    ],
    [
      "those of poetry, but Python and what is no version",
      '[tool.poetry.dependencies]\npython = "^3.12"\nFastAPI = "^1"\nlocal = { path = "../local" }\n',
      ["fastapi"],
    ],
    ["none where the manifest names none", PROJECT, []],
    [
      "one from an address, by its name",
      '[project]\ndependencies = ["lib @ git+https://example.com/lib.git@v1"]\n',
      ["lib"],
    ],
  ])("%s", (_, text, names) => {
    expect(toolchain({ "api/poetry.lock": "", "api/pyproject.toml": text })?.expected?.names).toEqual(names)
  })
})

describe("setuptools installs the application in place", () => {
  test.each<[string, Layout["texts"], string, boolean]>([
    ["by itself", { "api/setup.py": "" }, ".", false],
    [
      "with the extras that bring pytest",
      { "api/setup.py": "setup(extras_require={'a': ['pytest'], 'b': ['pytest']})" },
      ".[a,b]",
      true,
    ],
  ])("%s", (_, texts, what, bringsPytest) => {
    expect(toolchain(texts)).toMatchObject({
      install: [["pip", "install", "--quiet", "--root-user-action=ignore", "--editable", what]],
      bringsPytest,
    })
  })
})

describe("pip has to be there", () => {
  test.each([
    ["where it installs", [], [["pip", "install"]], true],
    ["where it brings what installs", [["pip", "install", "pdm"]], [["pdm", "sync"]], true],
    ["not where uv installs, which pip only brings", [["pip", "install", "uv"]], [["uv", "sync"]], false],
    ["not where nothing is installed", [], [], false],
    ["not for another package manager", [], [["npm", "ci"]], false],
  ])("%s", (_, tools, install, expected) => {
    expect(installsByPip({ tools, install })).toBe(expected)
  })
})

describe("requirements that leave versions open", () => {
  const left = (...lines: string[]) => toolchain({ "api/requirements.txt": lines.join("\n") })?.open?.what
  test.each<[string, string[], string | undefined]>([
    ["none", ["a==1", "b @ https://x/b.whl", "c; sys_platform == 'linux'", "-r other.txt"], undefined],
    ["none by an archive's address or path", ["https://x/b-1.whl", "wheels/b-1.whl", "b-1.tar.gz"], undefined],
    ["none by a commit", ["git+https://x/b.git@v1"], undefined],
    ["none by an index", ["--extra-index-url https://x/simple+cpu"], undefined],
    ["one by a branch", ["git+https://x/b.git"], "api/requirements.txt leaves a version open (git+https://x/b.git)"],
    ["one", ["a==1", "B_b>=2"], "api/requirements.txt leaves a version open (b-b)"],
    ["three", ["a", "b", "c"], "api/requirements.txt leaves 3 versions open (a, b, c)"],
    ["four", ["a", "b", "c", "d"], "api/requirements.txt leaves 4 versions open (a, b, c, …)"],
  ])("%s", (_, lines, expected) => {
    expect(left(...lines)).toEqual(expected)
  })
})

describe("what pins the versions that are open", () => {
  const constraints = (...freeze: string[]) => ({ file: "api/cloud-native.constraints.txt", freeze })
  test.each<[string, Record<string, string>, object | undefined]>([
    ["of requirements", { "api/requirements.txt": "a\n" }, constraints("pip", "freeze")],
    ["none of pinned ones", { "api/requirements.txt": "a==1\n" }, undefined],
    ["of a project", { "api/pyproject.toml": PROJECT }, constraints("uv", "pip", "freeze")],
    ["none of a project with a lockfile", { "api/pyproject.toml": PROJECT, "api/uv.lock": "" }, undefined],
    ["of a setup.py", { "api/setup.py": "" }, constraints("pip", "freeze")],
    ["of poetry", { "api/pyproject.toml": POETRY }, { file: "api/poetry.lock", freeze: undefined }],
    ["none of poetry with a lockfile", { "api/pyproject.toml": POETRY, "api/poetry.lock": "" }, undefined],
    ["of PDM", { "api/pyproject.toml": PDM }, { file: "api/pdm.lock", freeze: undefined }],
    ["none of PDM with a lockfile", { "api/pyproject.toml": PDM, "api/pdm.lock": "" }, undefined],
  ])("%s", (_, texts, expected) => {
    const open = toolchain(texts)?.open
    expect(open && { file: open.file, freeze: open.freeze }).toEqual(expected)
  })
})

describe("the installation reads everything where requirements name the application's own code", () => {
  test.each([
    ["-e .", true],
    ["--editable ./lib", true],
    ["./lib", true],
    ["file:lib", true],
    ["fastapi==1", false],
    ["a @ file:lib", false],
  ])("%s: %s", (line, everything) => {
    expect(toolchain({ "api/requirements.txt": `uvicorn==1\n${line}\n` })?.reads === undefined).toBe(everything)
  })
})
