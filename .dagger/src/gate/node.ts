import { parse as parseYaml } from "yaml"
import { z } from "zod"

import { globOf, inFolder, isIn, type Layout, localPaths, parentOf, relativeTo, upwards } from "./layout.js"
import { lockedVersions } from "./lockfile.js"
import { bringing, MANAGERS, nodeManager } from "./node-manager.js"
import { withoutLockfile } from "./pinned.js"
import { runsOwnCode } from "./script.js"
import type { Asked, Toolchain } from "./suite.js"

const strings = z.record(z.string(), z.string()).catch({})
const PackageJson = z.object({
  scripts: strings,
  dependencies: strings,
  devDependencies: strings,
  engines: strings,
  jest: z.unknown().optional(),
  packageManager: z.string().optional().catch(undefined),
  workspaces: z
    .union([z.array(z.string()), z.object({ packages: z.array(z.string()) }).transform(({ packages }) => packages)])
    .catch([]),
})
export type PackageJson = z.output<typeof PackageJson>

/** What the installation of every package manager may read beside lockfiles. */
export const READS = [
  "**/package.json",
  "pnpm-workspace.yaml",
  ".pnpmfile.*",
  "**/.npmrc",
  ".yarnrc",
  ".yarnrc.yml",
  ".yarn",
  "bunfig.toml",
  "**/patches",
  "**/prisma",
  "**/*.prisma",
  "**/prisma.config.*",
]

/** The manifest of a folder, as far as this module reads it; undefined where there is none, or none in JSON. */
export function packageJson({ texts }: Layout, folder: string): PackageJson | undefined {
  const text = texts[inFolder(folder, "package.json")]
  if (text === undefined) return undefined
  try {
    return PackageJson.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** How the dependencies of an application in JavaScript are installed; undefined where it has no manifest. */
export function nodeToolchain(path: string, dockerfile: string, base: string, layout: Layout): Toolchain | undefined {
  const manifest = packageJson(layout, path)
  if (!manifest) return undefined
  const root = rootOf(path, layout)
  const { name, version, askedNpm, lockfile, warnings } = nodeManager(
    root,
    packageJson(layout, root),
    dockerfile,
    layout,
  )
  const manager = MANAGERS[name]
  const members = manifestsIn(root, layout)
  const installed = members.filter(folder => [path, root].includes(folder) || isMember(folder, root, layout))
  const runsOwn = members.some(folder => runsOwnCode(packageJson(layout, folder)?.scripts ?? {}))
  return {
    root,
    installIn: root,
    env: manager.env ?? {},
    caches: manager.caches,
    tools: bringing(name, version, base),
    reads: runsOwn ? undefined : [...READS, ".nvmrc", ".node-version", ...MANIFEST_LOCKS],
    install: [lockfile ? manager.frozen(version) : manager.open],
    link: [],
    lockfiles: lockfile ? [lockfile] : [],
    run: manager.run,
    locals: installed.flatMap(folder => localPaths(folder, pathsIn(packageJson(layout, folder)))),
    expected: {
      language: "node",
      interpreter: [/(^|\/)bun\b/.test(base) ? "bun" : "node"],
      names: namesOf(manifest),
      locked: lockfile ? lockedVersions(lockfile, layout.texts[inFolder(root, lockfile)] ?? "") : {},
      manifest: inFolder(path, "package.json"),
      lockfile: lockfile && inFolder(root, lockfile),
    },
    ...(askedNpm !== undefined && { npm: { version: askedNpm, file: inFolder(root, "package.json") } }),
    ...(!lockfile && { open: { ...withoutLockfile(root, manager.lock), file: inFolder(root, manager.lockfiles[0]!) } }),
    warnings,
  }
}

/** The versions of Node.js that are asked for: by the nearest manifest that names one, and by the nearest file of a version manager. */
export function askedNode(path: string, layout: Layout): Asked[] {
  const folders = upwards(path)
  const manifest = folders.find(folder => packageJson(layout, folder)?.engines.node)
  const file = folders
    .flatMap(folder => [".node-version", ".nvmrc"].map(name => inFolder(folder, name)))
    .find(name => layout.texts[name] !== undefined)
  // The base has its own minor release.
  const major = file && /^\s*v?(\d+)/.exec(layout.texts[file]!)?.[1]
  return [
    ...(manifest === undefined
      ? []
      : [
          {
            language: "node" as const,
            range: packageJson(layout, manifest)!.engines.node!,
            file: `${inFolder(manifest, "package.json")} (engines.node)`,
          },
        ]),
    ...(major ? [{ language: "node" as const, range: major, file: file }] : []),
  ]
}

/** The folder that holds the lockfile: the application's own, else that of the workspace it is a member of. */
export function rootOf(path: string, layout: Layout): string {
  const folders = upwards(path).filter(folder => folder === path || isMember(path, folder, layout))
  return (
    folders.find(folder => MANIFEST_LOCKS.some(name => layout.files.includes(inFolder(folder, name)))) ??
    folders.at(-1)!
  )
}

/** The folders of a workspace's members. */
export function membersOf(root: string, layout: Layout): string[] {
  return manifestsIn(root, layout).filter(folder => isMember(folder, root, layout))
}

function manifestsIn(root: string, { files }: Layout): string[] {
  return files.filter(file => file.split("/").at(-1) === "package.json" && isIn(root, file)).map(parentOf)
}

const MANIFEST_LOCKS = Object.values(MANAGERS).flatMap(({ lockfiles }) => lockfiles)

function isMember(path: string, root: string, layout: Layout): boolean {
  const patterns = [...(packageJson(layout, root)?.workspaces ?? []), ...pnpmPackages(layout, root)]
  return patterns.some(pattern => globOf(pattern).test(relativeTo(root, path)))
}

const PnpmWorkspace = z.object({ packages: z.array(z.string()).catch([]) }).catch({ packages: [] })

function pnpmPackages({ texts }: Layout, root: string): string[] {
  const text = texts[inFolder(root, "pnpm-workspace.yaml")]
  return text === undefined ? [] : PnpmWorkspace.parse(parseYaml(text)).packages
}

/** Where the packages and archives lie that the manifest takes from the repository. */
function pathsIn(manifest: PackageJson | undefined): string[] {
  const ranges = Object.values({ ...manifest?.dependencies, ...manifest?.devDependencies })
  return ranges.flatMap(range => /^(?:file|link|portal):([^#]+)/.exec(range)?.[1] ?? [])
}

/** Packages of the registry that the manifest names, but not those of the workspace or of a folder. */
function namesOf({ dependencies, devDependencies }: PackageJson): string[] {
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, range]) => !/^(workspace|file|link|portal):/.test(range))
    .map(([name]) => name)
}
