import { existsSync, readdirSync } from "node:fs"
import { join, sep } from "node:path"

const ROOT = join(import.meta.dirname, "../../..")

/** What other tools write into a checkout. */
const GENERATED = /(^|\/)(node_modules|sdk|\.next|\.venv|__pycache__)\//

/** The files below a folder of the repository whose names match, by their path from its root. */
export function filesBelow(folder: string, name: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && name.test(entry.name))
    .map(entry =>
      join(entry.parentPath, entry.name)
        .slice(ROOT.length + 1)
        .replaceAll(sep, "/"),
    )
    .filter(path => !GENERATED.test(path))
    .sort()
}

/** Every page that people read: the root's, docs/, and the READMEs of folders. */
export function documents(): string[] {
  const root = readdirSync(ROOT).filter(name => name.endsWith(".md"))
  return [...root, ...["docs", "examples", "test"].flatMap(folder => filesBelow(folder, /\.md$/))].sort()
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(text: string): string[] {
  const prose = text.replace(/^```[^]*?^```/gm, "")
  return [...prose.matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-"),
  )
}

/** Links of a page to files that do not exist, and to headings that the other page does not have. */
export function brokenLinks(path: string, text: string, read: (path: string) => string): string[] {
  const links = [...text.matchAll(/\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
  return links.flatMap(([, file, anchor]) => {
    const target = file ? join(path, "..", file) : path
    if (file && !existsSync(join(ROOT, target))) return [`${path}: ${file} does not exist`]
    if (anchor === undefined || anchorsOf(file ? read(target) : text).includes(anchor)) return []
    return [`${path}: ${target} has no heading for #${anchor}`]
  })
}
