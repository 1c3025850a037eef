import { inFolder, type Layout } from "./layout.js"
import { pythonName } from "./lockfile.js"

/** The files that the requirements stand in: those of the application, then those of development and tests. */
export function requirementFiles(path: string, { files }: Layout): string[] {
  const present = (name: string) => files.includes(inFolder(path, name))
  const first = ["requirements.txt", "requirements/base.txt", "requirements/requirements.txt"].find(present)
  const kinds = ["dev", "test", "tests", "testing", "development", "local"]
  const further = kinds
    .flatMap(kind => [
      `requirements-${kind}.txt`,
      `requirements_${kind}.txt`,
      `requirements.${kind}.txt`,
      `${kind}-requirements.txt`,
      `${kind}_requirements.txt`,
      `requirements/${kind}.txt`,
    ])
    .filter(present)
  return first ? [first, ...further] : further
}

export function requirementLines(text: string): string[] {
  return text
    .replace(/\\\r?\n/g, " ")
    .split(/\r?\n/)
    .map(line => line.replace(/(^|\s)#.*/, "").trim())
    .filter(Boolean)
}

/** Another file that a line reads, from the folder of its own. */
export function includedFile(line: string): string[] {
  return /^(?:-r|--requirement|-c|--constraint)[\s=]*([^\s:]+)$/.exec(line)?.slice(1) ?? []
}

/** What pip takes for an archive of a package, by the end of its name. */
const ARCHIVE = /\.(whl|zip|tgz|tbz|tlz|txz|tar(\.(gz|bz2|lz|lzma|xz))?)$/i

/** A package, an archive or a folder of them that a line takes from the repository, from the folder that pip runs in. */
export function localPackage(line: string): string[] {
  const [, folder] = /^(?:-f|--find-links)[\s=]*([^\s:]+)$/.exec(line) ?? []
  if (folder) return [folder]
  const [, path] = /^(?:(?:-e|--editable)[\s=]*)?(?:file:)?([^\s;[:-][^\s;[:]*)(?=[\s;[]|$)/.exec(line) ?? []
  return path && isPath(path) ? [path] : []
}

/** The package that a requirement names, if every machine gets it. An address and a path name none. */
export function requirementName(line: string): string[] {
  const name = /^([A-Za-z0-9][\w.-]*)(?=[\s[(<>=!~@]|$)/.exec(line)?.[1]
  return name && !ARCHIVE.test(name) && !line.includes(";") ? [pythonName(name)] : []
}

/** As pip tells a path from a name: it has a slash, is a dot or two, or ends as an archive does. */
function isPath(text: string): boolean {
  return text.includes("/") || /^\.{1,2}$/.test(text) || ARCHIVE.test(text)
}
