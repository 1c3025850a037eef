import { parse as parseToml } from "smol-toml"
import { z } from "zod"

type Locked = Record<string, string[]>

/** The versions of each package that a lockfile has; of a format without text (bun.lockb), none. */
export function lockedVersions(file: string, text: string): Locked {
  const name = file.split("/").at(-1)!
  const read = READERS[name]
  return read ? gather(read(text)) : {}
}

/** A name as Python's packaging compares it: FastAPI, fast_api and fast.api are one. */
export function pythonName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-")
}

type Pair = readonly [name: string, version: string]

const READERS: Record<string, (text: string) => Pair[]> = {
  "package-lock.json": npmPairs,
  "npm-shrinkwrap.json": npmPairs,
  "pnpm-lock.yaml": pnpmPairs,
  "yarn.lock": yarnPairs,
  "bun.lock": bunPairs,
  "uv.lock": tomlPairs,
  "poetry.lock": tomlPairs,
  "pdm.lock": tomlPairs,
}

function gather(pairs: Pair[]): Locked {
  const locked = new Map<string, Set<string>>()
  for (const [name, version] of pairs) locked.set(name, (locked.get(name) ?? new Set()).add(version))
  return Object.fromEntries([...locked].map(([name, versions]) => [name, [...versions]]))
}

const NpmLock = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional() })).default({}),
  dependencies: z.record(z.string(), z.object({ version: z.string().optional() })).default({}),
})

function npmPairs(text: string): Pair[] {
  const { packages, dependencies } = NpmLock.parse(JSON.parse(text))
  const entries = [
    ...Object.entries(packages).map(([path, entry]) => [path.split("node_modules/").at(-1)!, entry] as const),
    ...Object.entries(dependencies),
  ]
  return entries.flatMap(([name, { version }]) => (name && version ? [[name, version] as const] : []))
}

/** `  /name@1.2.3(peer):`, `  name@1.2.3:`, `  /name/1.2.3_peer:`, as the lockfile's generations write it. */
function pnpmPairs(text: string): Pair[] {
  return [...text.matchAll(/^ {2}['"]?\/?(@[^/\s]+\/[^@/\s]+|[^@/'"\s]+)[@/](\d[^(_:'"\s]*)/gm)].map(
    ([, name, version]) => [name!, version!] as const,
  )
}

/** Both formats of yarn: a line of requests, then the version. A member of the workspace has its own manifest's, which is not there. */
function yarnPairs(text: string): Pair[] {
  const pairs = [...text.matchAll(/^(\S.*):\r?\n {2}version:? "?([^"\s]+)"?/gm)].flatMap(([, requests, version]) =>
    requests!.split(", ").flatMap(request => {
      const name = /^"?(@?[^@"]+)@/.exec(request)?.[1]
      return name ? [[name, version!] as const] : []
    }),
  )
  const members = new Set(pairs.filter(([, version]) => version.endsWith("-use.local")).map(([name]) => name))
  return pairs.filter(([name]) => !members.has(name))
}

function bunPairs(text: string): Pair[] {
  return [...text.matchAll(/^\s+"[^"]+": \["(@?[^@"]+)@(\d[^"]*)"/gm)].map(
    ([, name, version]) => [name!, version!] as const,
  )
}

const TomlLock = z.object({
  package: z.array(z.object({ name: z.string(), version: z.string().optional() })).default([]),
})

function tomlPairs(text: string): Pair[] {
  return TomlLock.parse(parseToml(text)).package.flatMap(({ name, version }) =>
    version ? [[pythonName(name), version] as const] : [],
  )
}
