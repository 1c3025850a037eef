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
      `${kind}-requirements.txt`,
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

/** The package that a requirement names, if every machine gets it. */
export function requirementName(line: string): string[] {
  const name = /^([A-Za-z0-9][\w.-]*)/.exec(line)?.[1]
  return name && !line.includes(";") ? [pythonName(name)] : []
}
