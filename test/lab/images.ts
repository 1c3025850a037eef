import { createHash } from "node:crypto"
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"

import { settleAll } from "../../.dagger/src/util/settle.ts"
import { makeOnce, withLock } from "./cache.ts"
import {
  architecture,
  certificateAuthorities,
  type Debian,
  debianRoot,
  type GoProgram,
  goProgram,
  imageFile,
  npmPackage,
  removeGoCaches,
} from "./packages.ts"
import { podman } from "./podman.ts"
import { step } from "./progress.ts"
import { helm } from "./tools.ts"

/**
 * How a stand-in is made: a folder of images/ with a Containerfile, and what is laid
 * beside it before the build: root.tar, <name>.tgz, <program> and images/<name>.tar.
 */
type Recipe = {
  folder: string
  /** How long its packages usually take to install. */
  usually?: string
  debian?: Debian
  npm?: Record<string, string>
  go?: GoProgram[]
  images?: Record<string, string>
}

/** What the cluster is made of: built out of the same modules, its programs share most of what they are compiled from. */
const CLUSTER = {
  "k8s.io/kubernetes": "v1.34.4",
  "github.com/coredns/coredns": "v1.14.0",
  "sigs.k8s.io/metrics-server": "v0.8.0",
}
const kubernetes: GoProgram = {
  name: "kubernetes",
  version: CLUSTER["k8s.io/kubernetes"],
  alongside: CLUSTER,
  variables: { "k8s.io/component-base/version.gitVersion": CLUSTER["k8s.io/kubernetes"] },
  source: "k3s/program",
  usually: "5 min",
}
const k6 = "docker.io/grafana/k6:1.8.1"
const postgres = "docker.io/library/postgres:17-alpine"
const coredns = `registry.k8s.io/coredns/coredns:${CLUSTER["github.com/coredns/coredns"]}`
const metricsServer = `registry.k8s.io/metrics-server/metrics-server:${CLUSTER["sigs.k8s.io/metrics-server"]}`
const pause = "registry.k8s.io/pause:3.10"

const standIns: Record<string, Recipe> = {
  "docker.io/library/python:3.13-slim": {
    folder: "python",
    usually: "40 s",
    debian: {
      variant: "minbase",
      packages: ["python3", "python3-pip", "python3-venv", "ca-certificates", "netbase", "tzdata"],
    },
  },
  "docker.io/library/node:20-alpine": {
    folder: "node",
    usually: "20 s",
    debian: { variant: "extract", packages: ["base-files", "busybox", "libc6", "libstdc++6", "netbase"] },
    npm: { node: `node-linux-${architecture()}@20.20.2`, npm: "npm@10.8.2" },
  },
  [postgres]: {
    folder: "postgres",
    usually: "30 s",
    debian: {
      variant: "extract",
      packages: ["base-files", "busybox", "libc-bin", "netbase", "postgresql-17", "util-linux"],
      // What only the just-in-time compiler and Debian's wrapper scripts need: three fifths of it all.
      exclude: [
        "/usr/lib/*/libLLVM*",
        "/usr/lib/*/libz3*",
        "/usr/lib/llvm-*",
        "/usr/lib/postgresql/17/lib/bitcode/*",
        "/usr/lib/postgresql/17/lib/llvmjit*",
        "/usr/lib/*/perl*",
        "/usr/share/perl*",
        "/usr/share/i18n/*",
      ],
    },
  },
  "docker.io/nginxinc/nginx-unprivileged:1.26-alpine": {
    folder: "nginx",
    usually: "20 s",
    debian: {
      variant: "extract",
      packages: ["base-files", "busybox", "libc6", "netbase", "nginx"],
      exclude: ["/usr/lib/*/perl*", "/usr/share/perl*"],
    },
  },
  "docker.io/library/registry:3": {
    folder: "registry",
    usually: "10 s",
    debian: { variant: "extract", packages: ["base-files", "busybox", "libc6", "netbase"] },
    go: [
      {
        name: "registry",
        module: "github.com/distribution/distribution/v3",
        version: "v3.0.0",
        source: "registry/program",
        usually: "40 s",
      },
    ],
  },
  "registry.k8s.io/kubectl:v1.34.4": {
    folder: "kubectl",
    go: [kubernetes],
  },
  [k6]: {
    folder: "k6",
    go: [{ name: "k6", module: "go.k6.io/k6", version: "v1.8.1", usually: "1 min" }],
  },
  "docker.io/anchore/syft:v1.38.2": {
    folder: "syft",
    go: [
      { name: "syft", module: "github.com/anchore/syft", version: "v1.38.2", package: "cmd/syft", usually: "3 min" },
    ],
  },
  "docker.io/zricethezav/gitleaks:v8.30.1": {
    folder: "gitleaks",
    usually: "25 s",
    debian: {
      variant: "extract",
      packages: ["base-files", "busybox", "git", "libc6"],
      exclude: ["/usr/lib/*/perl*", "/usr/share/perl*"],
    },
    go: [{ name: "gitleaks", module: "github.com/zricethezav/gitleaks/v8", version: "v8.30.1", usually: "20 s" }],
  },
  "ghcr.io/oras-project/oras:v1.3.4": {
    folder: "oras",
    go: [{ name: "oras", module: "oras.land/oras", version: "v1.3.4", package: "cmd/oras", usually: "20 s" }],
  },
  "docker.io/alpine/helm:4.3.1": {
    folder: "helm",
    go: [helm],
  },
  "ghcr.io/sigstore/cosign/cosign:v3.1.3": {
    folder: "cosign",
    go: [
      {
        name: "cosign",
        module: "github.com/sigstore/cosign/v3",
        version: "v3.1.3",
        package: "cmd/cosign",
        usually: "4 min",
      },
    ],
  },
  [coredns]: {
    folder: "coredns",
    go: [
      {
        name: "coredns",
        version: CLUSTER["github.com/coredns/coredns"],
        alongside: CLUSTER,
        source: "coredns/program",
        usually: "15 s",
      },
    ],
  },
  [metricsServer]: {
    folder: "metrics-server",
    go: [
      {
        name: "metrics-server",
        module: "sigs.k8s.io/metrics-server",
        version: CLUSTER["sigs.k8s.io/metrics-server"],
        alongside: CLUSTER,
        package: "cmd/metrics-server",
        usually: "20 s",
      },
    ],
  },
  [pause]: {
    folder: "pause",
    go: [{ name: "pause", source: "pause/program", usually: "5 s" }],
  },
  "docker.io/rancher/k3s:v1.34.4-k3s1": {
    folder: "k3s",
    usually: "30 s",
    debian: {
      variant: "extract",
      packages: [
        "base-files",
        "bash",
        "busybox",
        "conntrack",
        "containerd",
        "containernetworking-plugins",
        "etcd-server",
        "ethtool",
        "iproute2",
        "iptables",
        "libc6",
        "mount",
        "netbase",
        "openssl",
        "runc",
        "socat",
        "util-linux",
      ],
    },
    go: [kubernetes],
    images: { coredns, "metrics-server": metricsServer, pause, postgres, k6 },
  },
}

/** The path of kubectl for this machine itself: all of Kubernetes is one program, which goes by the name it is called by. */
export async function kubectlPath(): Promise<string> {
  const program = await goProgram(kubernetes)
  return makeOnce(join(`${program}.d`, "kubectl"), temporary => symlink(program, temporary))
}

/** The full name of an image: python:3.13-slim is docker.io/library/python:3.13-slim. */
export function fullName(reference: string): string {
  const named = /[:@][^/]*$/.test(reference) ? reference : `${reference}:latest`
  const [first = "", ...rest] = named.split("/")
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost")
  if (hasHost && first !== "docker.io") return named
  const path = hasHost ? rest : [first, ...rest]
  return ["docker.io", ...(path.length === 1 ? ["library"] : []), ...path].join("/")
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
  const inspect = ["image", "inspect", "--format", `{{index .Labels "${recipeLabel}"}}`, name]
  const isCurrent = async () => (await podman(inspect, { check: false })).stdout.trim() === digest
  if (await isCurrent()) return
  await withLock(name, async () => {
    if (await isCurrent()) return
    const outdated = await imageId(name)
    await make(name, recipe, digest)
    // Refused while containers or other images still rest on it.
    if (outdated) await podman(["rmi", outdated], { check: false })
    await removeIdleGoCaches()
  })
}

/** Removes Go's caches, unless a program is yet to be built that could share them. */
export function removeIdleGoCaches(): Promise<void> {
  return removeGoCaches(Object.values(standIns).flatMap(({ go }) => go ?? []))
}

async function imageId(name: string): Promise<string> {
  return (await podman(["image", "inspect", "--format", "{{.Id}}", name], { check: false })).stdout.trim()
}

/** What a stand-in is made of, by content: when it changes, the image is made again. */
async function recipeDigest(recipe: Recipe): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(recipe)).update(certificateAuthorities())
  const folder = imageFile(recipe.folder)
  for (const file of (await readdir(folder, { recursive: true, withFileTypes: true })).filter(entry =>
    entry.isFile(),
  )) {
    const path = join(file.parentPath, file.name)
    hash.update(relative(folder, path)).update(await readFile(path))
  }
  for (const name of Object.values(recipe.images ?? {})) hash.update(await recipeDigest(standIn(name)))
  return hash.digest("hex")
}

async function make(name: string, recipe: Recipe, digest: string): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), "cloud-native-image-"))
  try {
    await cp(imageFile(recipe.folder), context, { recursive: true })
    await writeFile(join(context, "ca-certificates.crt"), certificateAuthorities())
    await mkdir(join(context, "images"))
    // Side by side, since packages wait for the network, and programs for the processors.
    await settleAll([layPackages(name, recipe, context), layPrograms(recipe, context), layImages(recipe, context)])
    await step(`making the stand-in for ${name}`, "10 s", () => build(name, context, digest))
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}

async function layPackages(name: string, { debian, npm, usually = "" }: Recipe, context: string): Promise<void> {
  if (!debian && !npm) return
  await step(`installing the packages of ${name}`, usually, async () => {
    if (debian) await debianRoot(join(context, "root.tar"), debian)
    for (const [file, spec] of Object.entries(npm ?? {})) await npmPackage(join(context, `${file}.tgz`), spec)
  })
}

async function layPrograms({ go = [] }: Recipe, context: string): Promise<void> {
  await settleAll(go.map(async program => cp(await goProgram(program), join(context, program.name))))
}

async function layImages({ images = {} }: Recipe, context: string): Promise<void> {
  await settleAll(
    Object.entries(images).map(async ([file, image]) => {
      await ensureImage(image)
      await podman(["save", "--quiet", "--output", join(context, "images", `${file}.tar`), image])
    }),
  )
}

async function build(name: string, context: string, digest: string): Promise<void> {
  // One layer: what a step of the Containerfile moves or removes is not kept in a layer below.
  const options = ["--quiet", "--layers=false", "--format=docker"]
  await podman(["build", ...options, "--label", `${recipeLabel}=${digest}`, "--tag", name, context])
}

function standIn(name: string): Recipe {
  const recipe = standIns[name]
  if (!recipe) throw new Error(`the lab has no stand-in for ${name}`)
  return recipe
}
