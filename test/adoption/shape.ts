import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"

import { parse } from "yaml"
import { z } from "zod"

const SHAPES = join(import.meta.dirname, "shapes")

/** A chart that Helm has installed before, as the release that is called like its folder. */
const Release = z.strictObject({
  /** Its folder. */
  chart: z.string(),
  /** Files of values in it. */
  values: z.array(z.string()).default([]),
  /** Further values; texts may hold ${DATABASE}. */
  set: z.record(z.string(), z.unknown()).default({}),
})
export type Release = z.output<typeof Release>

/** A repository as a team of other people has it: shapes/NAME/repository, described by shape.yaml beside it. */
const Description = z.strictObject({
  /** What it is, in a line. */
  about: z.string(),
  /** Whether its platform has a database, which the manifests do not bring. */
  database: z.boolean().default(false),
  /** The dotenv of --secrets; texts may hold ${DATABASE}, the address of the platform's, and ${RANDOM}, the same everywhere. */
  secrets: z.record(z.string(), z.string()).default({}),
  /** File in which POSTGRES_BY_DIGEST stands for PostgreSQL's image, as the lab's registry has it. */
  postgresIn: z.string().optional(),
  /** Arguments of `init`, where the repository needs some. */
  init: z.array(z.string()).default([]),
  /** Further settings of the calls. */
  settings: z.array(z.string()).default([]),
  /** What runs there already: releases of Helm, with stand-ins for the charts' images. */
  helm: z.array(Release).default([]),
  /** Arguments of the first deployment alone. */
  first: z.array(z.string()).default([]),
  /** Whether a webhook of the cluster adds a sidecar to the pods that ask for it. */
  injected: z.boolean().default(false),
  /** A new version: a text of a file, replaced. */
  change: z.strictObject({ file: z.string(), from: z.string(), to: z.string() }),
  /** Where the running application shows these texts. */
  shown: z.strictObject({ service: z.string(), port: z.number(), path: z.string() }),
  /** Whether `npm test` takes it. */
  representative: z.boolean().default(false),
})

export type Shape = z.output<typeof Description> & { name: string }

export function readShapes(): Shape[] {
  return readdirSync(SHAPES).map(name => ({
    name,
    ...Description.parse(parse(readFileSync(join(SHAPES, name, "shape.yaml"), "utf8"))),
  }))
}

/** The release of a chart, as Helm's users call it. */
export function nameOf(chart: string): string {
  return basename(chart)
}

/** A copy of a shape's repository, under git, for a test to work in. */
export class Repository {
  private constructor(
    readonly path: string,
    private readonly shape: string,
  ) {}

  static of(shape: Shape): Repository {
    const repository = new Repository(mkdtempSync(join(tmpdir(), `cloud-native-${shape.name}-`)), shape.name)
    cpSync(join(SHAPES, shape.name, "repository"), repository.path, { recursive: true })
    repository.git("init", "--quiet")
    repository.commit()
    return repository
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }

  commit(): void {
    this.git("add", "--all")
    this.git("commit", "--quiet", "--allow-empty", "--message=test")
  }

  /** What a person writes after `init`, kept as a patch: answers with its lines, where a replaced one counts once. */
  writeByHand(): number {
    const patch = join(SHAPES, this.shape, "by-hand.patch")
    if (!existsSync(patch)) return 0
    this.git("apply", patch)
    this.git("add", "--all")
    const files = this.git("diff", "--cached", "--numstat").split("\n").filter(Boolean)
    this.commit()
    return files
      .map(line => line.split("\t").map(Number))
      .reduce((sum, [added, removed]) => sum + Math.max(added!, removed!), 0)
  }

  /** Replace a text that has to be there. */
  edit(file: string, from: string, to: string): void {
    const path = join(this.path, file)
    const text = readFileSync(path, "utf8")
    if (!text.includes(from)) throw new Error(`${file} does not contain: ${from}`)
    writeFileSync(path, text.replace(from, to))
    this.commit()
  }

  private git(...args: string[]): string {
    const settings = ["user.name=test", "user.email=test@example.com", "commit.gpgSign=false"]
    return execFileSync("git", [...settings.flatMap(setting => ["-c", setting]), ...args], {
      cwd: this.path,
      encoding: "utf8",
      stdio: "pipe",
    })
  }
}
