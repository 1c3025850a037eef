import { inFolder, parentOf } from "../gate/layout.js"

/** A module's path and text. */
type Module = [file: string, text: string]

/** A variable that holds a router, and the module that it is in. */
interface Router {
  file: string
  name: string
}

/** A call that adds a router to another, or to the application. */
interface Inclusion {
  file: string
  parent: string
  child: Router | undefined
  prefix: string
}

/** Stands for a part of a path that the sources do not tell. */
const UNKNOWN = "…"

const ROUTE =
  /(?:@(\w+)\.(?:get|api_route)|\b(\w+)\.add_(?:api_)?route)\(\s*["']([^"']*\b(?:health|healthz|livez|readyz|ping)\b[^"']*)["']/g

/** The first route whose name says that it is a health check, the application's own before a router's; else what such a route may be. */
export function fastApiHealth(sources: Module[]): { health?: string; healthPaths?: string[] } {
  const modules = sources.map(([file, text]): Module => [file, text.replace(/^\s*#.*$/gm, "")])
  const inclusions = inclusionsIn(modules)
  const routes = modules.flatMap(([file, text]) =>
    [...text.matchAll(ROUTE)].map(([, decorated, called, route]) => ({
      name: (decorated ?? called)!,
      route: route!,
      file,
    })),
  )
  const paths = [...routes.filter(({ name }) => name === "app"), ...routes.filter(({ name }) => name !== "app")].map(
    ({ name, route, file }) =>
      prefixesOf(resolve(name, file, modules) ?? { file, name }, inclusions, modules).map(
        prefix => `${prefix}${route}`,
      ),
  )
  const told = paths.find(([path, ...others]) => others.length === 0 && !path!.includes(UNKNOWN))
  return told ? { health: told[0] } : paths[0] ? { healthPaths: paths[0] } : {}
}

/** What may stand before the routes of a router, by the calls that include it; `above`: those that led here. */
function prefixesOf(router: Router, inclusions: Inclusion[], modules: Module[], above: Router[] = []): string[] {
  const made = madeBy(router, modules)
  if (made === undefined || above.some(other => isSame(other, router))) return [""]
  const own = prefixIn(made, modules)
  const known = inclusions.filter(({ child }) => child && isSame(child, router))
  if (known.length === 0) {
    // A call whose router is not known may be the one that includes this one.
    const isOpen = inclusions.some(({ child, prefix }) => !child && prefix !== "")
    return [isOpen ? `${UNKNOWN}${own}` : own]
  }
  const paths = known.flatMap(({ file, parent, prefix }) => {
    const outer = resolve(parent, file, modules) ?? { file, name: parent }
    return prefixesOf(outer, inclusions, modules, [...above, router]).map(path => `${path}${prefix}${own}`)
  })
  return [...new Set(paths)]
}

function isSame(one: Router, other: Router): boolean {
  return one.file === other.file && one.name === other.name
}

/** Arguments of a call, with calls in them. */
const ARGUMENTS = String.raw`((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*)`

/** The arguments of the APIRouter that a variable holds; undefined where it holds none, as the application. */
function madeBy({ file, name }: Router, modules: Module[]): string | undefined {
  const text = modules.find(([path]) => path === file)?.[1] ?? ""
  return new RegExp(String.raw`^\s*${name}\s*(?::[^=\n]+)?=\s*(?:\w+\.)?\w*Router\(${ARGUMENTS}\)`, "m").exec(text)?.[1]
}

function inclusionsIn(modules: Module[]): Inclusion[] {
  const call = new RegExp(String.raw`\b([\w.]+)\.include_router\(\s*(?:router\s*=\s*)?([\w.]+)${ARGUMENTS}\)`, "g")
  return modules.flatMap(([file, text]) =>
    [...text.matchAll(call)].map(([, parent, child, rest]) => ({
      file,
      parent: parent!,
      child: resolve(child!, file, modules),
      prefix: prefixIn(rest!, modules),
    })),
  )
}

/** The prefix among the arguments of a call. */
function prefixIn(args: string, modules: Module[]): string {
  const [, given] = /\bprefix\s*=\s*((?:[^,()]|\(\))*)/.exec(args) ?? []
  if (given === undefined) return ""
  const [, format, text] = /^(f?)["']([^"']*)["']\s*$/.exec(given) ?? []
  if (text === undefined) return constant(given.trim(), modules)
  return format ? text.replace(/\{([^}]*)\}/g, (_, name: string) => constant(name, modules)) : text
}

/** The text that a constant or a setting has, where all that have its name have the same. */
function constant(expression: string, modules: Module[]): string {
  const name = /^(?:\w+(?:\(\))?\.)*(\w+)$/.exec(expression)?.[1]
  if (name === undefined) return UNKNOWN
  const assigned = new RegExp(
    String.raw`^\s*${name}\s*(?::[^=\n]+)?=\s*(?:["']([^"'\n]*)["']\s*(?:#.*)?$|Field\(\s*(?:default\s*=\s*)?["']([^"'\n]*)["']\s*[,)])`,
    "gm",
  )
  const [only, ...others] = new Set(
    modules.flatMap(([, text]) => [...text.matchAll(assigned)].map(([, plain, field]) => (plain ?? field)!)),
  )
  return only === undefined || others.length > 0 ? UNKNOWN : only
}

/** The router that a name, or a name in a module, stands for in a file; undefined where that is not known. */
function resolve(expression: string, file: string, modules: Module[], depth = 0): Router | undefined {
  const [first, ...rest] = expression.split(".") as [string, ...string[]]
  if (rest.length === 0 && madeBy({ file, name: first }, modules) !== undefined) return { file, name: first }
  // Modules may import each other.
  if (depth > 9) return undefined
  const further = (name: string, module: string | undefined) =>
    module === undefined ? undefined : resolve(name, module, modules, depth + 1)
  for (const { module, name, as } of importsIn(file, modules)) {
    const found =
      name === undefined
        ? expression.startsWith(`${as}.`) && further(expression.slice(as.length + 1), fileOf(module, file, modules))
        : as === first &&
          (further([name, ...rest].join("."), fileOf(module, file, modules)) ??
            (rest.length > 0 && further(rest.join("."), fileOf(within(module, name), file, modules))))
    if (found) return found
  }
  // A package has its modules as names.
  return rest.length > 0 && file.endsWith("__init__.py")
    ? further(rest.join("."), fileOf(`.${first}`, file, modules))
    : undefined
}

function within(module: string, name: string): string {
  return module.endsWith(".") ? `${module}${name}` : `${module}.${name}`
}

interface Import {
  module: string
  /** Unset where the module itself is imported. */
  name?: string
  as: string
}

function importsIn(file: string, modules: Module[]): Import[] {
  const text = modules.find(([path]) => path === file)?.[1] ?? ""
  const named = [...text.matchAll(/^\s*from\s+([\w.]+)\s+import\s+(?:\(([^)]*)\)|([^\n#(]+))/gm)].flatMap(
    ([, module, inBrackets, inLine]) =>
      [...(inBrackets ?? inLine)!.replace(/#.*/g, "").matchAll(/(\w+)(?:\s+as\s+(\w+))?/g)].map(([, name, as]) => ({
        module: module!,
        name: name!,
        as: as ?? name!,
      })),
  )
  const whole = [...text.matchAll(/^\s*import\s+([\w.]+)(?:\s+as\s+(\w+))?/gm)].map(([, module, as]) => ({
    module: module!,
    as: as ?? module!,
  }))
  return [...named, ...whole]
}

/** The file of a module that another file imports: below the folder that the dots say, or, without dots, the least deep that fits. */
function fileOf(module: string, importer: string, modules: Module[]): string | undefined {
  const [, dots, path] = /^(\.*)(.*)$/.exec(module.replace(/(\w)\./g, "$1/"))!
  const endings = path === "" ? ["__init__.py"] : [`${path}.py`, `${path}/__init__.py`]
  const files = modules.map(([file]) => file)
  if (dots === "") {
    const fitting = files.filter(file => endings.some(ending => file === ending || file.endsWith(`/${ending}`)))
    return fitting.sort((a, b) => a.length - b.length)[0]
  }
  const folder = [...dots!].slice(1).reduce(parentOf, parentOf(importer))
  return endings.map(ending => inFolder(folder, ending)).find(file => files.includes(file))
}
