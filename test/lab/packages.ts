import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { cp, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { rootCertificates } from "node:tls"
import { fileURLToPath } from "node:url"

import { limited } from "../../.dagger/src/util/limited.ts"
import { cachePath, makeOnce, withLock } from "./cache.ts"
import { ensureProgram } from "./podman.ts"
import { isInstalled, type Result, run } from "./process.ts"
import { step } from "./progress.ts"

/** A program out of a Go module: one of its packages, or a folder of images/ that imports it. */
export type GoProgram = {
  name: string
  module?: string
  version?: string
  package?: string
  source?: string
  /** Modules of other programs, by version: those that name the same ones share what is compiled. */
  alongside?: Record<string, string>
  variables?: Record<string, string>
  usually: string
}

/** Packages of Debian trixie. Variant `extract` leaves out everything they do not need, dpkg itself included. */
export type Debian = { variant: "minbase" | "extract"; packages: string[]; exclude?: string[] }

const documentation = [
  "/usr/share/man/*",
  "/usr/share/locale/*",
  "/usr/share/doc/*",
  "/usr/share/info/*",
  "/usr/share/bash-completion/*",
]

/** Makes the tarball of a root file system. */
export async function debianRoot(path: string, { variant, packages, exclude = [] }: Debian): Promise<void> {
  await ensureProgram("mmdebstrap", ["mmdebstrap"])
  await run([
    "mmdebstrap",
    `--variant=${variant}`,
    "--quiet",
    "--format=tar",
    ...[...documentation, ...exclude].map(pattern => `--dpkgopt=path-exclude=${pattern}`),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    `--include=${packages.join(",")}`,
    "trixie",
    path,
  ])
}

/** An npm package's tarball. */
export async function npmPackage(path: string, name: string): Promise<void> {
  const folder = `${path}.d`
  await mkdir(folder)
  await run(["npm", "pack", "--silent", "--pack-destination", folder, name])
  const [file = ""] = await readdir(folder)
  await rename(join(folder, file), path)
  await rm(folder, { recursive: true })
}

/** The certificate authorities that this machine trusts, so that containers can do what the machine can. */
export function certificateAuthorities(): string {
  const places = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]
  const place = places.find(path => existsSync(path))
  return place ? readFileSync(place, "utf8") : rootCertificates.join("\n")
}

/** Node's and npm's name for this machine's processor. */
export function architecture(): "x64" | "arm64" {
  if (process.arch === "x64" || process.arch === "arm64") return process.arch
  throw new Error(`the lab has images for x64 and arm64, not for ${process.arch}`)
}

function programPath({ name, version = "", source }: GoProgram): string {
  const sourceHash = source
    ? createHash("sha256")
        .update(readFileSync(imageFile(source, "main.go")))
        .digest("hex")
        .slice(0, 8)
    : ""
  return cachePath("bin", [name, version, sourceHash, architecture()].filter(Boolean).join("-"))
}

/** Builds a Go program out of the module proxy, once per version and source; it is kept in the cache. */
export async function goProgram(program: GoProgram): Promise<string> {
  const { name, version = "", usually } = program
  return makeOnce(programPath(program), async temporary => {
    if (!isInstalled("go"))
      throw new Error(
        `Go 1.24 or newer is needed to build ${name} and not on this machine: install it from https://go.dev/dl.`,
      )
    const folder = await mkdtemp(join(tmpdir(), "cloud-native-go-"))
    try {
      await goModule(program, folder)
      const build = () => step(`building ${name} ${version}`.trim(), usually, () => goBuild(program, folder, temporary))
      await inTurn(() => withLock(GO, build))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}

/** Builds of this process take turns, in the order in which they are asked for. */
const inTurn = limited(1)

/** Go's caches, which builds share, one after the other. */
const GO = "go"

/** Removes Go's caches once these programs are built, which could share them. */
export async function removeGoCaches(awaited: GoProgram[] = []): Promise<void> {
  if (!existsSync(cachePath(GO)) || !awaited.every(program => existsSync(programPath(program)))) return
  await withLock(GO, () => rm(cachePath(GO), { recursive: true, force: true }))
}

/** Makes the module that a program is built in, and downloads what it needs, while others are built. */
async function goModule(program: GoProgram, folder: string): Promise<void> {
  const { name, module, version, source, alongside } = program
  const modules = { ...(module && version && { [module]: version }), ...alongside }
  const { [KUBERNETES]: kubernetes } = modules
  await go(folder, "mod", "init", `lab/${name}`)
  for (const [module, version] of Object.entries(modules))
    await go(folder, "mod", "edit", `-require=${module}@${version}`)
  if (kubernetes) await go(folder, "mod", "edit", ...(await stagingModules(folder, kubernetes)))
  if (source) await cp(imageFile(source), folder, { recursive: true })
  await go(folder, "list", "-mod=mod", "-deps", packageOf(program))
}

async function goBuild(program: GoProgram, folder: string, output: string): Promise<void> {
  const flags = Object.entries(program.variables ?? {}).map(([variable, value]) => `-X ${variable}=${value}`)
  const linking = `-ldflags=${["-s -w", ...flags].join(" ")}`
  await go(folder, "build", "-mod=mod", "-trimpath", linking, "-o", output, packageOf(program))
}

const packageOf = ({ module = "", package: path = "", source }: GoProgram) => (source ? "." : join(module, path))

const go = (cwd: string, ...args: string[]): Promise<Result> =>
  run(["nice", "go", ...args], { cwd, env: goEnvironment() })

const KUBERNETES = "k8s.io/kubernetes"

/** Kubernetes names its own parts by folder, which only its repository has; the proxy has them by version. */
async function stagingModules(folder: string, version: string): Promise<string[]> {
  const { stdout } = await go(folder, "mod", "download", "-json", `${KUBERNETES}@${version}`)
  const goMod = readFileSync(JSON.parse(stdout).GoMod, "utf8")
  return [...goMod.matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging/gm)].map(
    ([, part]) => `-replace=${part}=${part}@${version.replace("v1.", "v0.")}`,
  )
}

function goEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GOCACHE: cachePath(GO, "build"),
    GOMODCACHE: cachePath(GO, "mod"),
    GOFLAGS: "-modcacherw -buildvcs=false -gcflags=all=-dwarf=false",
    CGO_ENABLED: "0",
    // The compiler's own garbage is not worth collecting: an eighth of the time.
    GOGC: "off",
    GOMEMLIMIT: "2GiB",
  }
}

/** A file under images/. */
export function imageFile(...parts: string[]): string {
  return join(fileURLToPath(new URL("images", import.meta.url)), ...parts)
}
