import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type ScalarTag,
  visit,
} from "yaml"

import { describe, type Manifest, type Path, type Position } from "./manifest.js"
import { assertNone, type Problem, problemAt } from "./problem.js"
import { type KubernetesObject, schemaOf } from "./shapes.js"

export type { Manifest } from "./manifest.js"

/** kubectl reads `0644` as octal; YAML 1.2 would read it as decimal. */
const OCTAL: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^0[0-7]+$/,
  resolve: digits => parseInt(digits, 8),
}

/** Read manifests, several to a file; throws one error that names every mistake by file, line and column. */
export function parseManifests(files: { name: string; text: string }[]): Manifest[] {
  const read = files.map(({ name, text }) => parseFile(name, text))
  const manifests = read.flatMap(file => file.manifests)
  assertNone([...read.flatMap(file => file.problems), ...duplicates(manifests)])
  return manifests
}

function parseFile(file: string, text: string): { manifests: Manifest[]; problems: Problem[] } {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    customTags: tags => [OCTAL, ...tags],
  })
  const manifests: Manifest[] = []
  const problems: Problem[] = []
  for (const document of documents as Document.Parsed[]) {
    const errors = [...document.errors, ...unresolvedAliases(document)]
    if (errors.length > 0) {
      problems.push(...errors.map(error => syntaxProblem(file, position(lines, error.pos[0]), error.message)))
      continue
    }
    const value: unknown = document.toJS({ reviver: dropNull })
    if (value === undefined) continue
    for (const { item, at } of itemsOf(value, [])) {
      const locate = (path: Path) => position(lines, offsetOf(document, [...at, ...path]))
      const { object, issues } = readObject(item)
      if (object) manifests.push({ file, object, locate })
      problems.push(...issues.map(issue => problemOf(issue, file, locate(issue.path))))
    }
  }
  return { manifests, problems }
}

/** The objects of a document: a List, as kubectl exports it, is taken apart. */
function itemsOf(value: unknown, at: Path): { item: unknown; at: Path }[] {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown }
  const isList = typeof kind === "string" && kind.endsWith("List") && Array.isArray(items)
  return isList ? items.flatMap((item, index) => itemsOf(item, [...at, "items", index])) : [{ item: value, at }]
}

interface Issue {
  path: Path
  message: string
  fix?: string
}

/** An object as it is written, or what keeps it from being one. */
function readObject(value: unknown): { object?: KubernetesObject; issues: Issue[] } {
  const { apiVersion, kind, metadata } = (value ?? {}) as { [field: string]: unknown; metadata?: Partial<Metadata> }
  const { data: object, error } = schemaOf(apiVersion, kind).safeParse(value)
  if (object) dropServerFields(object)
  const { name, generateName } = metadata ?? {}
  if (name !== undefined || typeof generateName !== "string") return { object, issues: error?.issues ?? [] }
  const others = error!.issues.filter(({ path }) => path.join(".") !== "metadata.name")
  return { object, issues: [...others, nameGenerated(generateName)] }
}

type Metadata = KubernetesObject["metadata"] & { generateName: unknown }

/** Nobody could find an object again whose name the API server makes up. */
function nameGenerated(generateName: string): Issue {
  return {
    path: ["metadata", "generateName"],
    message: "an object that is applied needs a name",
    fix: `write metadata.name: ${generateName.replace(/-+$/, "")} instead; a Job gets a hash of its content appended, so that each change of it runs once`,
  }
}

/** What the API server sets, as an export of objects has it: applied again, it conflicts with what is there. */
function dropServerFields(object: KubernetesObject & { status?: unknown }): void {
  for (const field of ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"])
    delete object.metadata[field]
  delete object.status
}

/** What is wrong with an object of this shape, and how to put it right. */
function problemOf({ path, message, fix }: Issue, file: string, at: Position): Problem {
  return {
    code: "MANIFEST_INVALID",
    what: [path.join("."), message.replace("Invalid input: ", "").replace("received undefined", "but it is missing")]
      .filter(Boolean)
      .join(": "),
    fix:
      fix ?? "every manifest needs apiVersion, kind and metadata.name, and fields of the types that Kubernetes knows",
    where: { file, ...at },
  }
}

/** The parser itself notices them only when it makes the value, and then without a place. */
function unresolvedAliases(document: Document.Parsed): { message: string; pos: [number] }[] {
  const errors: { message: string; pos: [number] }[] = []
  visit(document, {
    Alias(_key, alias) {
      if (!alias.resolve(document))
        errors.push({ message: `nothing has the anchor &${alias.source}`, pos: [alias.range![0]] })
    },
  })
  return errors
}

/** To Kubernetes a field that is null is a field that is absent. */
function dropNull(_key: unknown, value: unknown): unknown {
  return value === null ? undefined : value
}

/** Where a field begins, or the deepest part of its path that is there. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents
  let offset = document.contents!.range[0]
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === step) : undefined
    const start = pair ? pair.key : isSeq(node) ? node.items[Number(step)] : undefined
    offset = (start as { range: [number] } | undefined)?.range[0] ?? offset
    node = pair ? pair.value : start
  }
  return offset
}

function position(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

function syntaxProblem(file: string, at: Position, message: string): Problem {
  return { code: "YAML_INVALID", what: `not valid YAML: ${message}`, fix: "correct the syntax", where: { file, ...at } }
}

function* duplicates(manifests: Manifest[]): Generator<Problem> {
  const seen = new Map<string, Manifest>()
  for (const manifest of manifests) {
    const { apiVersion, kind, metadata } = manifest.object
    const id = [apiVersion, kind, metadata.namespace, metadata.name].join(" ")
    const first = seen.get(id)
    if (!first) seen.set(id, manifest)
    else
      yield problemAt(manifest, [], {
        code: "MANIFEST_DUPLICATE",
        what: `${describe(manifest.object)} is in ${first.file}:${first.locate([]).line} already`,
        fix: "remove one of the two, or give it another name; of folders that are environments, deploy one with --overlay=FOLDER",
      })
  }
}
