import { parse as parseToml } from "smol-toml"
import { z } from "zod"

import { globOf, inFolder, isIn, type Layout, parentOf, relativeTo, upwards } from "./layout.js"
import { pythonName } from "./lockfile.js"
import { requirementName } from "./requirements.js"
import type { Asked } from "./suite.js"

const list = z.array(z.unknown()).catch([])
const group = z.record(z.string(), list).catch({})
const names = z.record(z.string(), z.unknown()).catch({})
const Pyproject = z.object({
  "build-system": z.unknown().optional(),
  project: z
    .object({
      name: z.string().catch(""),
      dependencies: list,
      "optional-dependencies": group,
      "requires-python": z.string().optional(),
    })
    .partial()
    .optional()
    .catch(undefined),
  "dependency-groups": group,
  tool: z
    .object({
      uv: z
        .object({ workspace: z.unknown(), sources: names, "default-groups": z.unknown(), "dev-dependencies": list })
        .partial()
        .optional(),
      poetry: z
        .object({
          name: z.string(),
          packages: z.unknown(),
          "package-mode": z.boolean(),
          dependencies: names,
          "dev-dependencies": names,
          extras: group,
          group: z.record(z.string(), z.object({ optional: z.boolean().optional(), dependencies: names })).catch({}),
        })
        .partial()
        .optional(),
      pdm: z.object({ distribution: z.boolean(), "dev-dependencies": group }).partial().optional(),
    })
    .partial()
    .catch({})
    .default({}),
})
export type Pyproject = z.output<typeof Pyproject>

/** The manifest of a folder, as far as this module reads it; undefined where there is none, or none in TOML. */
export function pyproject({ texts }: Layout, folder: string): Pyproject | undefined {
  const text = texts[inFolder(folder, "pyproject.toml")]
  if (text === undefined) return undefined
  try {
    return Pyproject.parse(parseToml(text))
  } catch {
    return undefined
  }
}

const patterns = z.array(z.string()).catch([])
const Workspace = z.object({ members: patterns, exclude: patterns }).catch({ members: [], exclude: [] })

/** The folders of the members of a uv workspace, without its root. */
export function uvMembers(root: string, layout: Layout): string[] {
  const { members, exclude } = Workspace.parse(pyproject(layout, root)?.tool.uv?.workspace)
  const folders = layout.files
    .filter(file => file.endsWith("/pyproject.toml") && isIn(root, file))
    .map(parentOf)
    .filter(folder => folder !== root)
  const fits = (folder: string, globs: string[]) => globs.some(glob => globOf(glob).test(relativeTo(root, folder)))
  return folders.filter(folder => fits(folder, members) && !fits(folder, exclude))
}

/** The members of a workspace that one depends on, and those that these depend on. */
export function membersFor(path: string, members: string[], layout: Layout, known: string[] = []): string[] {
  const names = (pyproject(layout, path)?.project?.dependencies ?? []).flatMap(item =>
    typeof item === "string" ? requirementName(item) : [],
  )
  const isNamed = (folder: string) => names.includes(pythonName(pyproject(layout, folder)?.project?.name ?? ""))
  return members
    .filter(folder => folder !== path && isNamed(folder))
    .reduce(
      (found, folder) => (found.includes(folder) ? found : membersFor(folder, members, layout, [...found, folder])),
      known,
    )
}

const Local = z.object({ path: z.string() })

/** Where the packages and archives lie that the manifest takes from the repository. */
export function pathsIn(project: Pyproject | undefined): string[] {
  const { uv, poetry } = project?.tool ?? {}
  const groups = Object.values(poetry?.group ?? {}).map(({ dependencies }) => dependencies)
  const wishes = [uv?.sources, poetry?.dependencies, poetry?.["dev-dependencies"], ...groups]
  return wishes
    .flatMap(wish => Object.values(wish ?? {}))
    .flat()
    .flatMap(wish => Local.safeParse(wish).data?.path ?? [])
}

const Member = z.object({ workspace: z.literal(true) })

/** The packages that a manifest takes from the uv workspace: its own sources count before those of the workspace's root. */
export function takenFromWorkspace(project: Pyproject | undefined, root: Pyproject | undefined): string[] {
  const sources = Object.entries({ ...root?.tool.uv?.sources, ...project?.tool.uv?.sources })
  return sources
    .filter(([, source]) => [source].flat().some(item => Member.safeParse(item).success))
    .map(([name]) => pythonName(name))
}

/** The groups of dependencies that bring pytest. */
export function groupsWith(groups: Record<string, unknown[]> | undefined): string[] {
  return Object.entries(groups ?? {})
    .filter(([, items]) => bringPytest(items))
    .map(([name]) => name)
}

/** Whether one of these requirements is pytest, or a plugin of it. */
export function bringPytest(items: unknown[]): boolean {
  return items.some(item => typeof item === "string" && /^pytest\b/i.test(item))
}

/** The requirements of the extras and groups that bring pytest. The project itself, by other extras, is none that an index has. */
export function testRequirements(project: Pyproject | undefined): string[] {
  const own = pythonName(project?.project?.name ?? "")
  const items = [project?.project?.["optional-dependencies"], project?.["dependency-groups"]]
    .flatMap(groups => groupsWith(groups).flatMap(name => groups![name]!))
    .filter(item => typeof item === "string")
  return [...new Set(items)].filter(item => pythonName(/^[\w.-]*/.exec(item)![0]) !== own)
}

/** The versions of Python that the manifest and .python-version ask for. */
export function askedPython(path: string, layout: Layout): Asked[] {
  const project = pyproject(layout, path)
  const poetry = project?.tool.poetry?.dependencies?.python
  const file = inFolder(path, "pyproject.toml")
  const version = pythonVersion(path, layout)
  return [
    { range: project?.project?.["requires-python"], file: `${file} (requires-python)` },
    { range: typeof poetry === "string" ? poetry : undefined, file: `${file} (tool.poetry.dependencies.python)` },
    { range: version?.minor, file: version?.file },
  ].flatMap(({ range, file }) => (range && file ? [{ language: "python" as const, range, file }] : []))
}

/** The version in .python-version, as major.minor: the base has its own patch release. */
export function pythonVersion(path: string, { texts }: Layout): { minor: string; file: string } | undefined {
  const file = upwards(path)
    .map(folder => inFolder(folder, ".python-version"))
    .find(name => texts[name] !== undefined)
  const minor = file && /^\s*(?:cpython[-@]?|python)?(\d+\.\d+)/m.exec(texts[file]!)?.[1]
  return minor ? { minor, file } : undefined
}
