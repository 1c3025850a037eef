import type { z } from "zod"

/** How a token may be altered, for a step that shows that it is refused: `${jwt|forged}`. */
const MUTATIONS = ["forged", "expired", "unsigned"]
/** Values that every handshake begins with: the address that users open, and one random text for each run. */
const BUILT_IN = ["PUBLIC_URL", "random"]
/** ${name}, ${name|mutation}, or the beginning of what is neither. */
const REFERENCE = /\$\{(?:(\w+)(?:\|(\w+))?\})?/g

interface Referring {
  services: Record<string, unknown>
  backend: Application
  frontend: Application
  applications: Record<string, Application>
  environments: Record<string, { applications: Record<string, unknown> }>
  ephemeral: { services: string[]; secrets: Record<string, string>; random: string[] }
  handshake: Steps
  monitor: { secrets: string[]; signIn: Steps; requests?: { to: string; headers: object; signedIn: boolean }[] }
  verification: { accept: { image?: string }[] }
  policy: { publicKey?: string; attestation: string }
}

interface Application {
  port?: number
  strategy: string
  keep?: string
  test: { services: string[] }
}

type Steps = { to: string; capture: Record<string, string>; json?: unknown; form?: unknown }[]

/** What a mistaken reference carries beside its message, as parameters of the issue. */
export interface Reference {
  /** What stands there. */
  got: string
  /** The name in it that leads nowhere, and those that lead somewhere. */
  meant?: { word: string; candidates: string[] }
}

const VALUE = "a value that is built in or captured by an earlier step"
const VALUE_OF_REQUEST =
  "PUBLIC_URL, a key of monitor.secrets or, with signedIn: true, a value that the sign-in captures"

type Path = (string | number)[]
type Report = (path: Path, expected: string, reference: Reference) => void

/** Check what one key says about another one. */
export function checkReferences(config: Referring, context: z.RefinementCtx): void {
  const report: Report = (path, message, reference) =>
    context.addIssue({ code: "custom", path, message, params: { ...reference } })
  checkServices(config, report)
  checkApplications(config, report)
  checkStrategies(config, report)
  checkRandom(config, report)
  checkPolicy(config, report)
  checkVariables(config.handshake, ["handshake"], BUILT_IN, report)
  const given = ["PUBLIC_URL", ...config.monitor.secrets]
  checkVariables(config.monitor.signIn, ["monitor", "signIn"], given, report)
  checkBodies(config.handshake, ["handshake"], report)
  checkBodies(config.monitor.signIn, ["monitor", "signIn"], report)
  const captured = config.monitor.signIn.flatMap(({ capture }) => Object.keys(capture))
  for (const [index, { headers, signedIn }] of (config.monitor.requests ?? []).entries())
    checkTexts(
      { headers },
      ["monitor", "requests", index],
      signedIn ? [...given, ...captured] : given,
      report,
      VALUE_OF_REQUEST,
    )
}

/** A request has one body. */
function checkBodies(steps: Steps, at: Path, report: Report): void {
  for (const [index, { json, form }] of steps.entries()) {
    if (json !== undefined && form !== undefined)
      report([...at, index, "form"], "json or form, not both", { got: "both" })
  }
}

function checkServices(config: Referring, report: Report): void {
  const candidates = Object.keys(config.services)
  const uses: { path: Path; names: string[] }[] = [
    ...["backend" as const, "frontend" as const].map(name => ({ path: [name], app: config[name] })),
    ...Object.entries(config.applications).map(([name, app]) => ({ path: ["applications", name], app })),
  ].map(({ path, app }) => ({ path: [...path, "test", "services"], names: app.test.services }))
  uses.push({ path: ["ephemeral", "services"], names: config.ephemeral.services })
  for (const name of candidates)
    if (name in config.applications) report(["services", name], "a name that no application has", { got: name })
  for (const { path, names } of uses) {
    for (const [index, word] of names.entries()) {
      if (!candidates.includes(word))
        report([...path, index], "the name of one of the services", {
          got: JSON.stringify(word),
          meant: { word, candidates },
        })
    }
  }
}

/** Requests go to applications that answer some; other places name any application. */
function checkApplications(config: Referring, report: Report): void {
  const { backend, frontend, applications, environments, handshake, monitor, verification } = config
  const all: Record<string, Application> = { backend, frontend, ...applications }
  const names = Object.keys(all)
  const serving = names.filter(name => all[name]!.port !== undefined)
  const steps: [Path, { to: string }[]][] = [
    [["handshake"], handshake],
    [["monitor", "signIn"], monitor.signIn],
    [["monitor", "requests"], monitor.requests ?? []],
  ]
  const check = (path: Path, expected: string, word: string, candidates: string[]) => {
    if (!candidates.includes(word))
      report(path, `${expected}: ${candidates.join(", ")}`, { got: JSON.stringify(word), meant: { word, candidates } })
  }
  for (const [at, requests] of steps)
    for (const [index, { to }] of requests.entries())
      check([...at, index, "to"], "an application with a port", to, serving)
  for (const [index, { image }] of verification.accept.entries())
    if (image !== undefined) check(["verification", "accept", index, "image"], "an application", image, names)
  for (const [environment, own] of Object.entries(environments))
    for (const name of Object.keys(own.applications))
      check(
        ["environments", environment, "applications", name],
        "a key of applications",
        name,
        Object.keys(applications),
      )
}

/** What a switch moves is a Service, and only what moves is kept. */
function checkStrategies({ backend, frontend, applications }: Referring, report: Report): void {
  const all: [Path, Application][] = [
    [["backend"], backend],
    [["frontend"], frontend],
    ...Object.entries(applications).map(([name, app]): [Path, Application] => [["applications", name], app]),
  ]
  for (const [at, { port, strategy, keep }] of all) {
    if (strategy === "blue-green" && port === undefined)
      report([...at, "strategy"], "rolling, since without a port it has no Service that could move", {
        got: JSON.stringify(strategy),
      })
    if (strategy === "rolling" && keep !== undefined)
      report([...at, "keep"], "no such key without strategy: blue-green", { got: JSON.stringify(keep) })
  }
}

function checkRandom({ ephemeral }: Referring, report: Report): void {
  for (const [index, word] of ephemeral.random.entries()) {
    const twice = word in ephemeral.secrets
    if (twice)
      report(["ephemeral", "random", index], "a key that ephemeral.secrets does not set", { got: JSON.stringify(word) })
  }
}

/** A statement that nobody signed could be anybody's. */
function checkPolicy({ policy }: Referring, report: Report): void {
  if (policy.publicKey || policy.attestation === "optional") return
  report(["policy", "attestation"], "optional, since there is no policy.publicKey", {
    got: JSON.stringify(policy.attestation),
  })
}

/** Every value that a step refers to must be built in or captured by an earlier step. */
function checkVariables(steps: Steps, at: Path, builtIn: string[], report: Report): void {
  const known = [...builtIn]
  for (const [index, { capture, ...step }] of steps.entries()) {
    checkTexts(step, [...at, index], [...known], report)
    known.push(...Object.keys(capture))
  }
}

function checkTexts(value: object, at: Path, known: string[], report: Report, expected = VALUE): void {
  for (const { path, text } of textsOf(value, at)) {
    for (const [got, name, mutation] of text.matchAll(REFERENCE)) {
      if (!name) report(path, "${name} or ${name|mutation}", { got: JSON.stringify(text) })
      else if (!known.includes(name)) report(path, expected, { got, meant: { word: name, candidates: known } })
      else if (mutation && !MUTATIONS.includes(mutation))
        report(path, `one of the mutations ${MUTATIONS.join(", ")}`, {
          got,
          meant: { word: mutation, candidates: MUTATIONS },
        })
    }
  }
}

function textsOf(value: unknown, path: Path): { path: Path; text: string }[] {
  if (typeof value === "string") return [{ path, text: value }]
  if (!(value instanceof Object)) return []
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return entries.flatMap(([key, inner]) => textsOf(inner, [...path, key]))
}
