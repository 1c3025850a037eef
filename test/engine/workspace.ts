// The caller's repository, which a module's functions are given without asking for it.
import { existsSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

import { run } from "../lab/process.ts"
import { addMakers } from "./evaluate.ts"
import { scratch } from "./store.ts"
import { importTree } from "./tree.ts"

/** The nearest folder from this one up that holds a name. */
export const upwards = (from: string, name: string): string | undefined => {
  if (existsSync(join(from, name))) return from
  return dirname(from) === from ? undefined : upwards(dirname(from), name)
}

/** What the .gitignore files in and above a folder match, tracked or not, as patterns that match nothing else. */
const ignoredIn = async (folder: string, root: string): Promise<string[]> => {
  const empty = scratch()
  const git = ["git", "-c", "core.bare=false", `--git-dir=${empty}`]
  await run([...git, "init", "--quiet"])
  const list = ["ls-files", "--others", "--ignored", "--exclude-per-directory=.gitignore", "--directory", "-z"]
  const { stdout } = await run([...git, `--work-tree=${root}`, ...list], { cwd: folder })
  return stdout
    .split("\0")
    .filter(Boolean)
    .map(path => path.replace(/[[*?]/g, "[$&]"))
}

addMakers({
  "Query.currentWorkspace": () => ({ folder: process.cwd(), root: upwards(process.cwd(), ".git") ?? process.cwd() }),
  // Absolute paths start at the repository, relative ones at the caller's folder.
  "Workspace.directory": async ({ folder, root }, { path, exclude, include, gitignore }) => {
    const at = path.startsWith("/") ? join(root, path) : resolve(folder, path)
    const ignored = gitignore ? await ignoredIn(at, root) : []
    return importTree(at, { exclude: [...exclude, ...ignored], include }, { owner: { uid: 0, gid: 0 } })
  },
})
