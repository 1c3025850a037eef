import { createHash } from "node:crypto"
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { cachePath, withLock } from "./cache.ts"
import { architecture, certificateAuthorities, debianRoot, goProgram, npmPackage, type GoProgram } from "./packages.ts"
import { podman } from "./podman.ts"
import { step } from "./progress.ts"

/**
 * How a stand-in is made: a folder of images/ with a Containerfile, and what is laid
 * beside it before the build: root.tar, <name>.tgz, <program> and <image>.tar.
 */
type Recipe = {
  folder: string
  usually: string
  debian?: { variant: "minbase" | "extract"; packages: string[] }
  npm?: Record<string, string>
  go?: GoProgram[]
  images?: Record<string, string>
}

const standIns: Record<string, Recipe> = {
  "docker.io/library/python:3.13-slim": {
    folder: "python",
    usually: "40 s",
    debian: { variant: "minbase", packages: ["python3", "python3-pip", "python3-venv", "ca-certificates", "netbase", "tzdata"] },
  },
  "docker.io/library/node:20-alpine": {
    folder: "node",
    usually: "20 s",
    debian: { variant: "extract", packages: ["base-files", "busybox", "libc6", "libstdc++6", "netbase"] },
    npm: { node: `node-linux-${architecture()}@20.20.2`, npm: "npm@10.8.2" },
  },
}

/** The full name of an image: python:3.13-slim is docker.io/library/python:3.13-slim. */
export function fullName(reference: string): string {
  const [first = "", ...rest] = reference.split("/")
  const named = /[:@][^/]*$/.test(reference) ? reference : `${reference}:latest`
  if (rest.length === 0) return `docker.io/library/${named}`
  return first.includes(".") || first.includes(":") || first === "localhost" ? named : `docker.io/${named}`
}

const ready = new Map<string, Promise<void>>()

/** Sees to it that the lab's storage has an image: a stand-in is made, any other one pulled. */
export function ensureImage(reference: string): Promise<void> {
  const name = fullName(reference)
  let done = ready.get(name)
  if (!done) {
    const recipe = standIns[name]
    done = recipe ? ensureStandIn(name, recipe) : ensurePulled(name)
    ready.set(name, done)
    done.catch(() => ready.delete(name))
  }
  return done
}

async function ensurePulled(name: string): Promise<void> {
  if ((await podman(["image", "exists", name], { check: false })).exitCode === 0) return
  const plainHttp = name.startsWith("localhost:") || name.startsWith("127.0.0.1:")
  await podman(["pull", "--quiet", ...(plainHttp ? ["--tls-verify=false"] : []), name])
}

const recipeLabel = "cloud-native.lab.recipe"

async function ensureStandIn(name: string, recipe: Recipe): Promise<void> {
  const digest = await recipeDigest(recipe)
  const isCurrent = async () => (await imageLabel(name, recipeLabel)) === digest
  if (await isCurrent()) return
  await withLock(name, async () => {
    if (await isCurrent()) return
    await prerequisites(recipe)
    await step(`making the stand-in for ${name}`, recipe.usually, () => build(name, recipe, digest))
  })
}

export async function imageLabel(name: string, label: string): Promise<string | undefined> {
  const { exitCode, stdout } = await podman(["image", "inspect", "--format", `{{index .Labels "${label}"}}`, name], { check: false })
  return exitCode === 0 ? stdout.trim() : undefined
}

/** What a stand-in is made of, by content: when it changes, the image is made again. */
async function recipeDigest(recipe: Recipe): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(recipe)).update(certificateAuthorities())
  const folder = imageFolder(recipe)
  for (const file of (await readdir(folder, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile())) {
    const path = join(file.parentPath, file.name)
    hash.update(relative(folder, path)).update(await readFile(path))
  }
  for (const name of Object.values(recipe.images ?? {})) hash.update(await recipeDigest(standIn(name)))
  return hash.digest("hex")
}

/** The slow parts, each a step of its own. */
async function prerequisites(recipe: Recipe): Promise<void> {
  for (const program of recipe.go ?? []) await goProgram(program)
  for (const name of Object.values(recipe.images ?? {})) await ensureImage(name)
}

async function build(name: string, recipe: Recipe, digest: string): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), "cloud-native-image-"))
  try {
    await cp(imageFolder(recipe), context, { recursive: true })
    await writeFile(join(context, "ca-certificates.crt"), certificateAuthorities())
    if (recipe.debian) await debianRoot(join(context, "root.tar"), recipe.debian.variant, recipe.debian.packages)
    for (const [file, spec] of Object.entries(recipe.npm ?? {})) await npmPackage(join(context, `${file}.tgz`), spec)
    for (const program of recipe.go ?? []) await cp(await goProgram(program), join(context, program.name))
    for (const [file, image] of Object.entries(recipe.images ?? {})) await podman(["save", "--quiet", "--output", join(context, `${file}.tar`), image])
    // One layer: what a step of the Containerfile moves or removes is not kept in a layer below.
    await podman(["build", "--quiet", "--layers=false", "--format=docker", "--label", `${recipeLabel}=${digest}`, "--tag", name, context])
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}

function standIn(name: string): Recipe {
  const recipe = standIns[name]
  if (!recipe) throw new Error(`the lab has no stand-in for ${name}`)
  return recipe
}

function imageFolder(recipe: Recipe): string {
  return fileURLToPath(new URL(`images/${recipe.folder}/`, import.meta.url))
}
