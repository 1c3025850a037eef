import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

import { ROOT } from "./dagger.ts"

/** What the sample application is made of, from this repository's root. */
const SAMPLE = ["cloud-native.yaml", "docker", "k8s", "test/app"]
const LEFT_OUT = /\/(node_modules|\.next|\.venv|__pycache__)$/

const copies: string[] = []

/** Removes every copy that was made. */
export function removeSources(): void {
  copies.splice(0).forEach(path => rmSync(path, { recursive: true }))
}

/** A copy of a source for a test to break; gone when the tests of the file have ended (see cleanup.ts). */
export class Source {
  private constructor(readonly path: string) {
    copies.push(path)
  }

  /** Two applications of the standard library: fast to test and to build. */
  static minimal(): Source {
    const source = new Source(mkdtempSync(join(tmpdir(), "cloud-native-minimal-")))
    cpSync(join(ROOT, "test/e2e/sources/minimal"), source.path, { recursive: true })
    return source
  }

  /** The same with a table of PostgreSQL, which its migration makes and its backend reads and writes. */
  static withDatabase(): Source {
    const source = Source.minimal()
    cpSync(join(ROOT, "test/e2e/sources/database"), source.path, { recursive: true })
    return source.edit("k8s/app.yaml", `[python, -c, "print('nothing to migrate')"]`, "[python, /app/migrate.py]")
  }

  /** The sample application of this repository. */
  static sample(): Source {
    const source = new Source(mkdtempSync(join(tmpdir(), "cloud-native-sample-")))
    for (const path of SAMPLE) {
      cpSync(join(ROOT, path), join(source.path, path), { recursive: true, filter: from => !LEFT_OUT.test(from) })
    }
    return source
  }

  write(path: string, content: string): this {
    const file = join(this.path, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    return this
  }

  /** Replace a text that has to be there. */
  edit(path: string, from: string, to: string): this {
    const content = readFileSync(join(this.path, path), "utf8")
    if (!content.includes(from)) throw new Error(`${path} does not contain: ${from}`)
    return this.write(path, content.replace(from, to))
  }

  remove(path: string): this {
    rmSync(join(this.path, path), { recursive: true })
    return this
  }

  /** A commit of all in a folder that git does not ignore. A folder that has one already is a submodule of those around it. */
  commit(folder = "."): this {
    const settings = ["user.name=test", "user.email=test@example.com", "commit.gpgSign=false"].flatMap(setting => [
      "-c",
      setting,
    ])
    const git = (...args: string[]) =>
      execFileSync("git", [...settings, ...args], { cwd: join(this.path, folder), stdio: "pipe" })
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message=test")
    return this
  }
}
