import { parseAllDocuments } from "yaml"
import { z } from "zod"

import type { Layout } from "../gate/layout.js"
import { isAside } from "./discover.js"
import { commandsIn, expanded, single, type Variables, variablesIn, withoutStart } from "./shell.js"

/** How a repository deploys a chart today, as the file says it; texts may hold variables. */
export interface Release {
  file: string
  chart: string
  release: string
  namespace?: string
  /** Files of values, in their order. */
  values: string[]
  /** Other settings of values, without what they are: some are secrets. */
  settings: string[]
}

const WORKFLOW = /^\.github\/workflows\/[^/]+\.ya?ml$/
const PIPELINE = /(^|\/)(\.gitlab-ci|azure-pipelines|Taskfile|skaffold|helmfile)\.ya?ml$/
const SCRIPT = /(^|\/)((GNU)?[Mm]akefile|[Jj]ustfile|[^/]+\.(mk|sh|bash))$/

/** The files that may deploy charts. */
export function deployingFiles({ files }: Pick<Layout, "files">): string[] {
  return files.filter(
    file =>
      WORKFLOW.test(file) ||
      file === ".gitlab-ci.yml" ||
      ((PIPELINE.test(file) || SCRIPT.test(file)) && !isAside(file)),
  )
}

/** The releases that workflows, Makefiles and scripts make by Helm's command, and those of skaffold and helmfile. */
export function releasesIn(layout: Layout): Release[] {
  return deployingFiles(layout).flatMap(file => {
    const text = layout.texts[file] ?? ""
    if (SCRIPT.test(file)) return ofScript(file, text, variablesIn(text))
    const documents = read(text)
    const variables = single(documents.flatMap(settingsOf))
    const scripts = documents.flatMap(stringsIn).filter(script => script.includes("helm"))
    return [
      ...scripts.flatMap(script => ofScript(file, script, { ...variables, ...variablesIn(script) })),
      ...documents.flatMap(document => listed(file, document)),
    ]
  })
}

/** The documents of a file that can be read. */
function read(text: string): unknown[] {
  try {
    return [...parseAllDocuments(text)]
      .filter(({ errors }) => errors.length === 0)
      .map(document => document.toJS() as unknown)
  } catch {
    return []
  }
}

function ofScript(file: string, script: string, variables: Variables): Release[] {
  return commandsIn(script).flatMap(words => {
    const at = words.findIndex(word => /^[@+-]*(\S*\/)?helm$/.test(word))
    const isText = /^[@+-]*(echo|printf)$/.test(words[0]!)
    const found = at < 0 || isText ? undefined : helmUpgrade(words.slice(at + 1).map(word => expanded(word, variables)))
    return found ? [{ file, ...found }] : []
  })
}

/** Flags of `helm upgrade` and `helm install` that take no value. */
const SWITCHES = new Set(
  "install i atomic rollback-on-failure wait wait-for-jobs create-namespace cleanup-on-fail debug dependency-update devel disable-openapi-validation dry-run enable-dns force force-conflicts force-replace generate-name hide-notes hide-secret insecure-skip-tls-verify no-hooks pass-credentials plain-http render-subchart-notes replace reset-values reset-then-reuse-values reuse-values server-side skip-crds skip-schema-validation take-ownership verify help h".split(
    " ",
  ),
)

/** What a command of Helm's installs; undefined where it is another one. */
function helmUpgrade(words: string[]): Omit<Release, "file"> | undefined {
  const plain: string[] = []
  const flags: [name: string, value: string][] = []
  for (let index = 0; index < words.length; index += 1) {
    const [, name, given] = /^--?([a-z][\w-]*)(?:=([^]*))?$/i.exec(words[index]!) ?? []
    if (name === undefined) plain.push(words[index]!)
    else if (given !== undefined) flags.push([name, given])
    else if (!SWITCHES.has(name)) flags.push([name, words[(index += 1)] ?? ""])
  }
  const [command, release, chart] = plain
  if ((command !== "upgrade" && command !== "install") || release === undefined || chart === undefined) return undefined
  const of = (...names: string[]) => flags.filter(([name]) => names.includes(name)).map(([, value]) => value)
  return {
    release,
    chart: withoutStart(chart),
    namespace: of("n", "namespace").at(-1),
    values: of("f", "values").flatMap(value => value.split(",").map(withoutStart)),
    settings: flags.flatMap(([name, value]) => pathsSet(name, value)),
  }
}

/** The values that a flag sets: several with commas between them, unless that is of a kind of its own. */
function pathsSet(flag: string, value: string): string[] {
  const pairs =
    flag === "set" || flag === "set-string" ? value.split(/(?<!\\),/) : flag.startsWith("set-") ? [value] : []
  return pairs.filter(pair => pair.includes("=")).map(pair => `--${flag}=${pair.split("=")[0]}`)
}

const Listed = z.object({ name: z.string(), namespace: z.string().optional() })
const Skaffold = Listed.extend({
  chartPath: z.string(),
  valuesFiles: z.array(z.string()).default([]),
  setValues: z.record(z.string(), z.unknown()).default({}),
  setValueTemplates: z.record(z.string(), z.unknown()).default({}),
})
const Helmfile = Listed.extend({
  chart: z.string(),
  values: z.array(z.unknown()).default([]),
  set: z.array(z.object({ name: z.string() })).default([]),
})

/** The releases that a skaffold.yaml or a helmfile.yaml lists. */
function listed(file: string, document: unknown): Release[] {
  return itemsOf("releases", document).flatMap((item): Release[] => {
    const skaffold = Skaffold.safeParse(item).data
    if (skaffold) {
      const { name, chartPath, namespace, valuesFiles, setValues, setValueTemplates } = skaffold
      const settings = Object.keys({ ...setValues, ...setValueTemplates })
      return [{ file, release: name, chart: chartPath, namespace, values: valuesFiles, settings }]
    }
    const helmfile = Helmfile.safeParse(item).data
    if (!helmfile) return []
    const { name, chart, namespace, values, set } = helmfile
    const settings = [
      ...set.map(({ name: path }) => path),
      ...values.flatMap(value => (typeof value === "object" && value ? Object.keys(value) : [])),
    ]
    return [
      { file, release: name, chart, namespace, values: values.filter(value => typeof value === "string"), settings },
    ]
  })
}

/** The items of all lists of that name, wherever they are. */
function itemsOf(name: string, value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === name && Array.isArray(inner) ? (inner as unknown[]) : itemsOf(name, inner),
  )
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value]
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : []
}

/** What `env` and the like of a pipeline set. */
function settingsOf(value: unknown): [string, string][] {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]): [string, string][] =>
    /^(env|variables|vars)$/.test(key) && typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.entries(inner).map(([name, text]) => [name, String(text)])
      : settingsOf(inner),
  )
}
