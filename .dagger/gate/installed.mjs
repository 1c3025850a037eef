// Prints the installed version of each package named, as an application in this folder finds it; null where there is none.
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

const upwards = folder => (dirname(folder) === folder ? [folder] : [folder, ...upwards(dirname(folder))])
const folders = upwards(process.cwd())
const plugAndPlay = folders.map(folder => join(folder, ".pnp.cjs")).find(path => existsSync(path))
const pnp = plugAndPlay && createRequire(import.meta.url)(plugAndPlay)
pnp?.setup()

const placeOf = name => {
  try {
    return pnp
      ? pnp.resolveToUnqualified(name, `${process.cwd()}/`)
      : folders.map(folder => join(folder, "node_modules", name)).find(path => existsSync(join(path, "package.json")))
  } catch {
    return undefined
  }
}
const versionOf = name => {
  const place = placeOf(name)
  return place ? (JSON.parse(readFileSync(join(place, "package.json"), "utf8")).version ?? "") : null
}

console.log(JSON.stringify(Object.fromEntries(process.argv.slice(2).map(name => [name, versionOf(name)]))))
