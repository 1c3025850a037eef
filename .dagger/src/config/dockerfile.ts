import { keyOf as settingsOf } from "./applications.js"

/** A stage of a Dockerfile. */
export interface Stage {
  /** Its name after AS, in lower case, as Docker compares it. */
  name?: string
  /** The image that it starts from, also where that is by way of other stages. */
  image: string
}

export interface Dockerfile {
  stages: Stage[]
  /** Build arguments that have no default, neither in a stage nor before the first one. */
  required: string[]
  /** What its steps mount of secrets. */
  secrets: SecretMount[]
}

/** A secret that a step mounts. */
export interface SecretMount {
  id: string
  /** The step fails without it. */
  required: boolean
  /** The variable that the step has it in; unset: a file. */
  env?: string
}

/** Values of secrets by their key, as a dotenv has them. */
export type BuildSecrets = Record<string, string>

/** Arguments that BuildKit sets itself, or that need no value. */
const PREDEFINED = /^(TARGET|BUILD)(PLATFORM|OS|ARCH|VARIANT)$|^((HTTPS?|FTP|NO|ALL)_PROXY|(https?|ftp|no|all)_proxy)$/

/** What a Dockerfile builds on and asks for, with the build arguments given. */
export function parseDockerfile(text: string, given: Record<string, string> = {}): Dockerfile {
  const defaults = new Map<string, string>(Object.entries(given))
  const declared = new Set<string>()
  const stages: Stage[] = []
  const secrets: SecretMount[] = []
  for (const line of instructionsOf(text)) {
    const instruction = /^\s*(ARG\s(?<args>.*?)|FROM\s+(?<from>.*?)|RUN\s+(?<run>.*?))\s*$/i.exec(line)
    const { args, from, run } = instruction?.groups ?? {}
    if (from) stages.push(stageOf(from, stages, defaults))
    if (run) secrets.push(...secretMounts(run, defaults))
    if (!args) continue
    for (const [, name, value] of args.matchAll(/(\w+)(?:=((?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|\S)*))?/g)) {
      declared.add(name!)
      if (value === undefined || defaults.has(name!)) continue
      // Between single quotes a dollar is one.
      defaults.set(name!, value.startsWith("'") ? unquote(value) : expand(unquote(value), defaults))
    }
  }
  const required = [...declared].filter(name => !defaults.has(name) && !PREDEFINED.test(name))
  return { stages, required, secrets }
}

const CONTINUED = /\\\s*$/
/** A word that begins a here-document, as BuildKit knows one: `<<<` and `$((1<<2))` do not. */
const HERE_DOCUMENT = /(?<=\s)\d*<<(-?)(["']?)([^\s<"']+)\2(?=\s|$)/g

/** The instructions of a Dockerfile, a line each, without comments. The here-documents of RUN, mostly commands, are in its line. */
export function instructionsOf(text: string): string[] {
  const lines = text.split(/\r?\n/)
  const instructions: string[] = []
  let begun = ""
  while (lines.length > 0) {
    const line = lines.shift()!
    if (/^\s*#/.test(line)) continue
    begun += line.replace(CONTINUED, "")
    if (CONTINUED.test(line)) continue
    instructions.push(withDocuments(begun, lines))
    begun = ""
  }
  return [...instructions, begun]
}

/** An instruction that takes its here-documents from the lines after it. Those of COPY and ADD are files, and left out. */
function withDocuments(instruction: string, lines: string[]): string {
  const [, name] = /^\s*(RUN|COPY|ADD)\s/i.exec(instruction) ?? []
  if (name === undefined) return instruction
  const documents = [...instruction.matchAll(HERE_DOCUMENT)].map(([, tabs, , end]) => {
    // Without its end it is none, and nothing is taken.
    const at = lines.findIndex(line => (tabs ? line.replace(/^\t+/, "") : line) === end)
    return lines
      .splice(0, at + 1)
      .slice(0, -1)
      .join("\n")
  })
  const commands =
    name.toUpperCase() === "RUN" ? documents.flatMap(instructionsOf).filter(line => line.trim() !== "") : []
  return [instruction, ...commands].join("; ")
}

/** What to say of each build argument that has no value: it is empty in the build. */
export function missingArguments(
  name: string,
  dockerfile: string,
  app: { dockerfile: string; buildArgs: Record<string, string> },
): string[] {
  return parseDockerfile(dockerfile, app.buildArgs).required.map(
    argument =>
      `${app.dockerfile} has ARG ${argument} without a default, and ${settingsOf(name)}.buildArgs does not set it: it is empty in the image`,
  )
}

/** What to say of each secret that is mounted and not given: its step finds nothing there. */
export function missingSecrets(
  dockerfile: string,
  app: { dockerfile: string; buildArgs: Record<string, string> },
  values: BuildSecrets,
): string[] {
  const { secrets } = parseDockerfile(dockerfile, app.buildArgs)
  const missing = secrets.filter(({ id }) => !(keyOf(id) in values))
  return [...new Set(missing.map(({ id }) => id))].map(id => {
    const isRequired = missing.some(mount => mount.id === id && mount.required)
    const effect = isRequired ? "the step that requires it fails" : "its steps run without it"
    return `${app.dockerfile} mounts the secret ${id}, and --build-secrets has no ${keyOf(id)}: ${effect}`
  })
}

/** The key of a secret in a dotenv, whose keys have letters, digits and _ alone: npm_token for npm-token. */
export function keyOf(id: string): string {
  return id.replace(/^(?=\d)|\W/g, "_")
}

/** The stage that is built: the one of that name, else the last. */
export function builtStage({ stages }: Dockerfile, target?: string): Stage | undefined {
  return target === undefined ? stages.at(-1) : stages.find(({ name }) => name === target.toLowerCase())
}

/** The name of an image that is pinned by digest, without the digest. */
export function withoutDigest(image: string): string {
  return image.replace(/@sha256:[0-9a-f]{64}$/, "")
}

function stageOf(rest: string, stages: Stage[], values: Map<string, string>): Stage {
  const [image, , name] = rest.replace(/^(--\S+\s+)+/, "").split(/\s+/)
  const filled = expand(unquote(image!), values)
  return {
    name: name?.toLowerCase(),
    image: stages.find(stage => stage.name === filled.toLowerCase())?.image ?? filled,
  }
}

function secretMounts(rest: string, values: Map<string, string>): SecretMount[] {
  const [flags] = /^(--\S+\s+)*/.exec(rest)!
  return [...flags.matchAll(/--mount=(\S+)/g)].flatMap(([, options]) => secretMount(expand(unquote(options!), values)))
}

/** The secret of a mount's options, with BuildKit's defaults; none of a mount of another type. */
function secretMount(options: string): SecretMount[] {
  const given = options.split(",").map((option): [string, string] => {
    const [key, ...value] = option.split("=") as [string, ...string[]]
    return [key.toLowerCase(), value.join("=")]
  })
  const { type, id, source, src, target, dst, destination, required, env } = Object.fromEntries(given)
  const name = id ?? source ?? src ?? (target ?? dst ?? destination)?.split("/").at(-1)
  if (type?.toLowerCase() !== "secret" || !name) return []
  return [{ id: name, required: /^(true|t|1|)$/i.test(required ?? "false"), ...(env && { env }) }]
}

/** $NAME, ${NAME}, ${NAME:-default} and ${NAME:+text} replaced, as BuildKit does it: an empty value counts as none. */
function expand(text: string, values: Map<string, string>): string {
  return text.replace(
    /\$(?:\{(\w+)(?::([-+])((?:\$\{[^}]*\}|[^}])*))?\}|(\w+))/g,
    (_, braced: string | undefined, sign: string | undefined, word: string | undefined, plain: string | undefined) => {
      const value = values.get((braced ?? plain)!) ?? ""
      if (sign === "+") return value && expand(word!, values)
      return value || expand(word ?? "", values)
    },
  )
}

/** Without its quotes, wherever in a word they stand, and without the escapes of others. */
function unquote(text: string): string {
  return text.replace(
    /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g,
    (_, double: string | undefined, single: string | undefined, escaped: string) =>
      double === undefined ? (single ?? escaped) : double.replace(/\\(["$\\])/g, "$1"),
  )
}
