import type { Row } from "../facts.js"
import type { LayerFile } from "./layers.js"

export const FINAL_STAGE = { name: "final stage", limit: "only what runs" }
export const FILE_MODES = { name: "file modes", limit: "no setuid, none writable by all" }

/** What belongs in the stages before the last one: what a file is taken for, by its path. */
const LEFTOVERS: [string, RegExp][] = [
  [
    "compiler",
    /^(usr\/(local\/)?)?s?bin\/((.*-)?(gcc|g\+\+|clang|cc|c\+\+|ld|as)(-\d+)?|make|cmake|rustc|cargo|javac)$|^usr\/local\/go\/bin\/go$|\/node_modules\/\.bin\/tsc$/,
  ],
  [
    "package manager",
    /(^|\/)s?bin\/(apk|apt|apt-get|dpkg|dnf|yum|pip[\d.]*|pipenv|poetry|uv|uvx|conda|npm|npx|yarn|pnpm|corepack|gem|bundle|composer)$/,
  ],
  [
    "cache",
    /^(root|home\/[^/]+)\/(\.cache|\.npm|\.yarn|\.cargo\/registry)\/.|^var\/cache\/(apt\/archives|apk|dnf|yum)\/.|^var\/lib\/apt\/lists\/.|^usr\/local\/share\/\.cache\/.|(^|\/)\.(mypy|pytest|ruff)_cache\//,
  ],
  [
    "tests",
    /^(?!.*\/(node_modules|site-packages|dist-packages)\/)(.*\/)?((tests?|__tests__)\/.|(test_[^/]*|conftest)\.py$|[^/]+\.(test|spec)\.[cm]?[jt]sx?$)/,
  ],
  ["git repository", /(^|\/)\.git\/./],
  ["source map", /\.([cm]?js|css)\.map$/],
  [
    "dev dependency",
    /\/node_modules\/(typescript|vitest|jest|mocha|eslint|prettier|webpack|vite|esbuild|ts-node|tsx|nodemon)\/package\.json$|\/(site|dist)-packages\/(pytest|_pytest|mypy|ruff|black|flake8|coverage|tox|nox|ipython)\/__init__\.py$/,
  ],
]
/** Marks of a deletion are no files of the image. */
const WHITEOUT = /(^|\/)\.wh\.[^/]*$/

/** Whether the layers above the base contain nothing that only the build needed. */
export function finalStageRow(files: LayerFile[]): Row {
  const environments = virtualEnvironments(files)
  const found = files
    .filter(({ path, type }) => type !== "folder" && !WHITEOUT.test(path))
    .flatMap(file => LEFTOVERS.filter(([, pattern]) => pattern.test(file.path)).map(([kind]) => ({ kind, file })))
  const isHarmless = found.every(({ file: { path } }) => comesByItself(path, environments))
  const kinds = [...new Set(found.map(({ kind }) => kind))]
  return {
    ...FINAL_STAGE,
    actual:
      kinds.map(kind => `${kind} (${found.filter(item => item.kind === kind).length})`).join(", ") ||
      "nothing else found",
    verdict: found.length === 0 ? "pass" : isHarmless ? "warn" : "fail",
    how: `paths of ${files.length} files above the base, deleted ones included`,
    findings: found.map(({ kind, file }) => `${kind}: ${placeOf(file)}`),
  }
}

/** Folders of Python's virtual environments. */
function virtualEnvironments(files: LayerFile[]): Set<string | undefined> {
  return new Set(files.flatMap(({ path }) => /(.*)\/pyvenv\.cfg$/.exec(path)?.[1] ?? []))
}

/** What nobody put there on purpose: the pip of a virtual environment (--without-pip leaves it out), and source maps that no browser gets: of packages, and of the server that Next.js builds. */
function comesByItself(path: string, environments: Set<string | undefined>): boolean {
  return environments.has(/(.*)\/bin\/pip[\d.]*$/.exec(path)?.[1]) || SERVER_MAP.test(path)
}

const SERVER_MAP = /\/(node_modules|(site|dist)-packages|\.next\/server)\/.*\.map$/

const SET_ID = 0o6000
const STICKY = 0o1000
const WRITABLE_BY_ALL = 0o002

/** Whether no file above the base gives permissions away: setuid or setgid, or writable by all. */
export function fileModesRow(files: LayerFile[]): Row {
  const environments = virtualEnvironments(files)
  const found = files.filter(file => {
    const { type, mode } = file
    const writable = (mode & WRITABLE_BY_ALL) !== 0 && !isLock(file, environments)
    return (
      (type === "file" && ((mode & SET_ID) !== 0 || writable)) ||
      (type === "folder" && writable && (mode & STICKY) === 0)
    )
  })
  return {
    ...FILE_MODES,
    actual: found.length > 0 ? `${found.length} such` : "none",
    verdict: found.length > 0 ? "fail" : "pass",
    how: `modes of ${files.length} files above the base`,
    findings: found.map(file => `${file.mode.toString(8).padStart(4, "0")} ${placeOf(file)}`),
  }
}

/** The empty file by which uv's runs wait for each other, in every environment that it makes; nobody reads it. */
function isLock({ path, size }: LayerFile, environments: Set<string | undefined>): boolean {
  return environments.has(/(.*)\/\.lock$/.exec(path)?.[1]) && size === 0
}

function placeOf({ layer, path }: LayerFile): string {
  return `layer ${layer}: /${path}`
}
