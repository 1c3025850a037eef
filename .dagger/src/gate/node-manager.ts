import { instructionsOf } from "../config/dockerfile.js"
import { CloudNativeError } from "../util/errors.js"
import { inFolder, type Layout } from "./layout.js"
import type { PackageJson } from "./node.js"

export type ManagerName = "npm" | "pnpm" | "yarn" | "bun"

export interface NodeManager {
  /** The first is the one that an installation makes where there is none. */
  lockfiles: string[]
  /** Installs what the lockfile says, and fails where it does not fit the manifest. */
  frozen: (version: string | undefined) => string[]
  /** Installs without a lockfile. */
  open: string[]
  /** Makes the lockfile. */
  lock: string
  /** Runs a program of the installation. */
  run: string[]
  caches: string[]
  env?: Record<string, string>
}

/** Nothing is downloaded, and no option after it is taken for one of npm's. */
export const NPX = ["npx", "--no", "--"]

export const MANAGERS: Record<ManagerName, NodeManager> = {
  npm: {
    lockfiles: ["package-lock.json", "npm-shrinkwrap.json"],
    frozen: () => ["npm", "ci", "--no-audit", "--no-fund"],
    open: ["npm", "install", "--no-audit", "--no-fund"],
    lock: "npm install --package-lock-only",
    run: NPX,
    caches: ["/root/.npm"],
  },
  pnpm: {
    lockfiles: ["pnpm-lock.yaml"],
    frozen: () => ["pnpm", "install", "--frozen-lockfile"],
    open: ["pnpm", "install", "--no-frozen-lockfile"],
    lock: "pnpm install --lockfile-only",
    run: ["pnpm", "exec"],
    caches: ["/root/.npm", "/root/.local/share/pnpm/store"],
    // Without a terminal, pnpm asks nothing only where it knows that nobody is there.
    env: { CI: "true" },
  },
  yarn: {
    lockfiles: ["yarn.lock"],
    frozen: version =>
      isClassic(version)
        ? ["yarn", "install", "--frozen-lockfile", "--non-interactive"]
        : ["yarn", "install", "--immutable"],
    open: ["yarn", "install"],
    lock: "yarn install",
    run: ["yarn", "run"],
    caches: ["/root/.npm", "/usr/local/share/.cache/yarn", "/root/.yarn/berry/cache"],
    env: { YARN_ENABLE_TELEMETRY: "0" },
  },
  bun: {
    lockfiles: ["bun.lock", "bun.lockb"],
    frozen: () => ["bun", "install", "--frozen-lockfile"],
    open: ["bun", "install"],
    lock: "bun install --lockfile-only",
    run: ["bun", "run"],
    caches: ["/root/.npm", "/root/.bun/install/cache"],
  },
}

/** Versions for lockfiles of a repository that names none: the last that reads and keeps the lockfile's format. */
const PNPM: Record<string, string> = { "5": "7.33.7", "6": "8.15.9", "9": "10.34.9" }
const YARN: Record<string, string> = { "4": "2.4.3", "5": "3.8.7", "6": "3.8.7", "8": "4.18.1" }
const CLASSIC = "1.22.22"
const BUN = "1.4.5"

export interface FoundManager {
  name: ManagerName
  /** The version to bring; unset: the image's own. */
  version?: string
  /** The npm that the manifest asks for, where the Dockerfile leaves it at the image's own. */
  askedNpm?: string
  lockfile?: string
  warnings: string[]
}

/** The package manager of a folder: that of its lockfile; where there are several, the one that the manifest or the Dockerfile names. */
export function nodeManager(
  root: string,
  manifest: PackageJson | undefined,
  dockerfile: string,
  { files, texts }: Layout,
): FoundManager {
  const [, wanted, version] = /^(npm|pnpm|yarn|bun)@([^+\s]+)/.exec(manifest?.packageManager ?? "") ?? []
  const locks = (Object.keys(MANAGERS) as ManagerName[]).flatMap(name =>
    MANAGERS[name].lockfiles
      .filter(file => files.includes(inFolder(root, file)))
      .slice(0, 1)
      .map(file => ({ name, file })),
  )
  const lock = locks.length > 1 ? choose(locks, wanted, dockerfile, root) : locks[0]
  const name = lock?.name ?? (wanted as ManagerName | undefined) ?? "npm"
  const asked = wanted === name ? version : undefined
  const text = lock ? (texts[inFolder(root, lock.file)] ?? "") : ""
  const others = locks.filter(({ name: other }) => other !== name).map(({ file }) => inFolder(root, file))
  return {
    name,
    ...(name !== "npm"
      ? { version: asked ?? versionFor(name, text) }
      : // What installs the image is what installs for its tests.
        dockerfile === "" || bringsNpm(dockerfile)
        ? { version: asked }
        : { askedNpm: asked }),
    lockfile: lock?.file,
    warnings: others.map(file => `${file} is not used: the package manager is ${name}; delete it`),
  }
}

/** Commands that bring a package manager to an image of Node.js, which has npm. */
export function bringing(name: ManagerName, version: string | undefined, base: string): string[][] {
  if (version === undefined) return []
  if (name === "bun" && /(^|\/)bun\b/.test(base)) return []
  const spec = name === "yarn" && !isClassic(version) ? `@yarnpkg/cli-dist@${version}` : `${name}@${version}`
  // The official images have a yarn of their own at the same place.
  return [["npm", "install", "--global", "--force", "--no-audit", "--no-fund", "--loglevel=error", spec]]
}

/** Whether a Dockerfile installs an npm of its own, or lets corepack do so. */
function bringsNpm(dockerfile: string): boolean {
  const pattern =
    /\bnpm (install|i|add)\b[^&|;]*\snpm(@\S+)?(\s|$)|\bcorepack (enable|prepare|install|use)\b[^&|;]*\snpm\b/
  return instructionsOf(dockerfile).some(line => pattern.test(line))
}

function isClassic(version: string | undefined): boolean {
  return version === undefined || /^[01]\./.test(version)
}

function versionFor(name: Exclude<ManagerName, "npm">, lockfile: string): string {
  switch (name) {
    case "pnpm":
      return PNPM[/^lockfileVersion: ['"]?(\d+)/m.exec(lockfile)?.[1] ?? "9"] ?? PNPM["9"]!
    case "yarn": {
      const format = /^__metadata:\s+version: (\d+)/m.exec(lockfile)?.[1]
      return format === undefined ? CLASSIC : (YARN[format] ?? YARN["8"]!)
    }
    case "bun":
      return BUN
  }
}

interface Lock {
  name: ManagerName
  file: string
}

function choose(locks: Lock[], wanted: string | undefined, dockerfile: string, root: string): Lock {
  const byManifest = locks.filter(({ name }) => name === wanted)
  const byDockerfile = locks.filter(({ name, file }) => dockerfile.includes(file) || uses(dockerfile, name))
  const [chosen] = byManifest.length === 1 ? byManifest : byDockerfile.length === 1 ? byDockerfile : []
  if (chosen) return chosen
  const names = locks.map(({ file }) => inFolder(root, file))
  throw new CloudNativeError({
    code: "TEST_RUNNER_FAILED",
    blame: "user",
    what: `${names.join(" and ")}: there is more than one lockfile`,
    why: "each is another package manager's, and neither package.json (packageManager) nor the Dockerfile says which one counts",
    fix: `delete the one that is out of date, or set "packageManager" in ${inFolder(root, "package.json")}`,
  })
}

function uses(dockerfile: string, name: ManagerName): boolean {
  return new RegExp(`^\\s*(RUN|&&)[^#]*\\b${name} (ci|install|i)\\b`, "m").test(dockerfile)
}
