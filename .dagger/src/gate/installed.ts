import type { Expected } from "./suite.js"

/** What is installed otherwise than manifest and lockfile say, by package. */
export function unfit(
  { names, locked, manifest, lockfile }: Expected,
  versions: Record<string, string | null>,
): string[] {
  return names.flatMap(name => {
    const version = versions[name]
    if (version === undefined || version === null) return [`${name} is in ${manifest}, and is not installed`]
    const known = locked[name]
    return known && !known.includes(version)
      ? [`${name} ${version} is installed, where ${lockfile} has ${known.join(", ")}`]
      : []
  })
}
