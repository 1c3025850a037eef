import { z } from "zod"

import { checkReferences } from "./references.js"
import { parseSize } from "./size.js"

// Convention of this file: the message of a check is what was expected. What was found, and where, parse.ts adds.

const text = z.string("text").min(1, "text that is not empty")
/** A number or a truth value would come through YAML changed: 1.10 as 1.1, yes as true. */
const verbatim = z.string("text, in quotes")
const variables = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of a variable: letters, digits and _"),
  verbatim,
  "a mapping of names to texts",
)
const label = matching(
  /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "a DNS label: at most 63 small letters, digits and dashes, a letter first",
)
const applicationName = matching(/^[a-z][a-z0-9-]*$/, "the name of an application, for example backend")
const path = matching(/^\/\S*$/, "a path that begins with /")
const INSIDE = /(?!\/)(?!(.*\/)?\.\.(\/|$))\S+/
const folder = matching(new RegExp(`^${INSIDE.source}$`), "a path inside the source, relative to its root")
const PUBLIC_KEY = new RegExp(`^(-----BEGIN PUBLIC KEY-----\\s[^]*|${INSIDE.source})$`)
const image = matching(/^[a-z0-9][^\s]*$/, "an image, for example postgres:17-alpine")
const port = wholeNumber(1, 65535, "a port, 1 to 65535")
const seconds = wholeNumber(1, 86_400, "a whole number of seconds, at least 1")
const duration = matching(/^\d+[smh]$/, "a duration, for example 90s, 5m or 1h")
const size = z.string("a size, for example 200MB").transform(parseSize)
const argv = list(text, "a command as a list of words, for example [npm, test]").min(
  1,
  "a command of at least one word",
)

/** An application's conventions: its defaults where the configuration says nothing. */
interface Conventions {
  name: string
  port: number
  health: string
  base: string
}

const BACKEND: Conventions = { name: "backend", port: 8000, health: "/health", base: "python:3.13-slim" }
const FRONTEND: Conventions = { name: "frontend", port: 3000, health: "/api/health", base: "node:20-alpine" }

/** Names that an application beside the two cannot have; what is found out about the source is listed beside that of the images. */
const RESERVED = ["backend", "frontend", "source"]

const conventionalDockerfile = (name: string) => `docker/${name}.dockerfile`

/** What is asked of every application. */
const COMMON = {
  /** Folder of the source that is the build's context; `.` is the whole source, for a monorepo that builds from its root. Default: `path`. */
  context: folder.optional(),
  /** Stage of the Dockerfile that becomes the image. Default: the last one. */
  target: text.optional(),
  /** Build arguments (ARG) of the Dockerfile, such as NEXT_PUBLIC_API_URL. No secrets: they stay readable in the image; a Dockerfile mounts those of --build-secrets. */
  buildArgs: variables.default({}),
  /** Name of its image in the manifests and charts, without a tag, where that ends neither in the application's name nor in its folder's or its Service's, for example todo-server. */
  image: text.optional(),
  /** Path of a POST whose body the application reads: with it a request is held in flight while the image is told to stop. Default: `health`. */
  inFlight: path.optional(),
  /** Size in the registry that the layers above the base have to stay below, for example 12MB. Default: no limit of their own. */
  ownSize: size.optional(),
  /** How new pods take over: `rolling` replaces one after the other; `blue-green` brings all of them up beside the old ones, proves them, and then moves the application's Service to them at once. */
  strategy: z.enum(["rolling", "blue-green"], "rolling or blue-green").default("rolling"),
  /** How long the old pods stay after the switch, for a way back that is one more switch, for example 5m; with `blue-green`. The call waits for it. Default: 5m. */
  keep: duration.optional(),
  /** The image that the tests run in and that the final stage is built on. Default: that of the Dockerfile's final stage; for docker/backend.dockerfile python:3.13-slim, for docker/frontend.dockerfile node:20-alpine. */
  base: image.optional(),
  test: section({
    /** Why this application has no tests, on purpose: its suite is not run, and every summary shows the reason. Default: tests are required. */
    none: text.optional(),
    /** Stage of the Dockerfile to run the suite in, with its system packages and its interpreter, such as the stage that installs the dependencies. Default: the suite runs in `base`. */
    target: text.optional(),
    /** System packages that the installation or the suite needs, by their names for apt or apk, for example [libpq-dev, gcc]. */
    packages: list(text, "a list of packages, for example [libpq-dev, gcc]").default([]),
    /** Folder that the suite runs in, from the source's root, where tests import from above the application's folder. Default: `path`. */
    workdir: folder.optional(),
    /** Commands that install the dependencies. Default: those of the package manager whose lockfile the repository has. */
    install: list(argv, "a list of commands, for example [[npm, ci]]").optional(),
    /** The command that runs the suite and writes the JUnit report. Default: that of the test runner that the manifest names (pytest; vitest, jest, node --test, bun test). */
    command: argv.optional(),
    /** Where it writes the report, from the folder that the suite runs in. */
    junit: folder.default("junit.xml"),
    /** Folders of the container that keep downloaded packages from one run to the next. Default: those of the package manager. */
    caches: list(path, "a list of folders").optional(),
    /** Backing services that the suite reaches under their names. */
    services: list(text, "a list of names of services").default([]),
    /** Environment of the installation and of the suite. */
    env: variables.default({}),
    /** Seconds that the suite may take. */
    timeout: seconds.default(600),
    /** Names of the tests that may be skipped, as the failure lists them; * stands for any text. Tests that are expected to fail and do (xfail), and todo tests, need no entry. */
    allowSkipped: list(
      text,
      'a list of names of tests that may be skipped, for example ["tests.test_cart › test_on_windows*"]; a number is no longer accepted, since any other test could use it up',
    ).default([]),
  }),
}

function app(conventions: Conventions) {
  return section({
    /** Folder of the source. */
    path: folder.default(conventions.name),
    /** The Dockerfile, from the source's root. */
    dockerfile: folder.default(conventionalDockerfile(conventions.name)),
    /** Its Service, as the manifests name it. */
    service: label.default(conventions.name),
    /** Port that its container listens on. The port of its Service is read from the manifests. */
    port: port.default(conventions.port),
    /** Path that answers as long as the process lives. */
    health: path.default(conventions.health),
    ...COMMON,
  })
}

/** An application beside the two. */
const Application = section({
  /** Folder of the source. Default: the application's name. */
  path: folder.optional(),
  /** The Dockerfile, from the source's root. Default: the Dockerfile in `path`. */
  dockerfile: folder.optional(),
  /** Its Service, as the manifests name it. Default: the application's name. */
  service: label.optional(),
  /** Port that its container listens on. Default: none, as of a worker: it answers no requests, and has neither a Service nor a health path. */
  port: port.optional(),
  /** Path that answers as long as the process lives, where it has a port. */
  health: path.default("/health"),
  ...COMMON,
})

const ownValues = section({
  /** Build arguments that are set there, in place of those of the same name. */
  buildArgs: variables.default({}),
})

/** What differs in one environment. */
const Environment = z.strictObject(
  {
    /** Of the backend. */
    backend: ownValues,
    /** Of the frontend. */
    frontend: ownValues,
    /** Of the other applications, by name. */
    applications: z.record(text, ownValues, "a mapping of applications to their values").default({}),
  },
  "a mapping with backend, frontend and applications",
)

/** A Helm chart of the source, rendered as "helm template" does. */
const Chart = z.strictObject(
  {
    /** Folder of the source with its Chart.yaml. */
    path: folder,
    /** Name of the release, which most charts name their objects by. Default: the folder's last part. */
    release: label.optional(),
    /** Values files, from the chart's folder or the source's root; the last one takes precedence. The chart's own values.yaml always counts. */
    values: list(folder, "a list of files of values, for example [values-production.yaml]").default([]),
    /** Further files of values by environment, for `--overlay=NAME`. Default: values-NAME.yaml of the chart's folder, where there is one. */
    environments: z
      .record(text, list(folder, "a list of files of values"), "a mapping of environments to files of values")
      .default({}),
    /** Values that are secrets: path of the value → key of --secrets, for example { secrets.databaseUrl: DATABASE_URL }. Each has to end up in a Secret of the chart. */
    secretValues: z
      .record(
        matching(
          /^[^[\]]+$/,
          "a path through mappings alone, for example secrets.databaseUrl: Helm takes no items of a list, so let the template use a mapping",
        ),
        matching(/^[A-Za-z_]\w*$/, "a key of --secrets, for example DATABASE_URL"),
        "a mapping of values to keys of --secrets",
      )
      .default({}),
  },
  "a mapping with a path",
)

const Service = z.strictObject(
  {
    /** Its image. */
    image,
    /** Port that it listens on, under its name. */
    port,
    /** Environment of its container. */
    env: variables.default({}),
    /** Numeric user that it runs as in a cluster. Default: that of the image, which must then be numeric and not 0. */
    user: wholeNumber(1, 2 ** 31 - 1, "a numeric user other than 0").optional(),
  },
  "a mapping with an image and a port",
)

const expectation = z.strictObject(
  {
    /** Status of the answer. */
    status: wholeNumber(100, 599, "an HTTP status, 100 to 599"),
    /** Text that the body has to contain. */
    contains: text.optional(),
    /** What the body has to hold, and may hold more than: an object's keys, a list's elements in any order. */
    json: z.unknown().optional(),
  },
  "a mapping with a status",
)

/** Without a status, a page that redirects to the sign-in is right, as it is for a probe. */
const monitored = z.strictObject(
  {
    /** Status of the answer. Default: any from 200 to 399, as for a probe. */
    status: wholeNumber(100, 599, "an HTTP status, 100 to 599").optional(),
    /** Text that the body has to contain. */
    contains: text.optional(),
    /** What the body has to hold, and may hold more than: an object's keys, a list's elements in any order. */
    json: z.unknown().optional(),
  },
  "a mapping with what the answer has to be, {} for any status from 200 to 399",
)

/** One request of the handshake. Texts may hold ${PUBLIC_URL}, ${random}, captured values, and these mutated: see references.ts. */
const Step = z.strictObject(
  {
    /** What the step shows, for the summary. */
    name: text,
    /** The application that is asked, through its Service in the cluster; cookies are kept from step to step as in a browser. */
    to: applicationName,
    /** Method of the request. */
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"], "GET, POST, PUT, PATCH or DELETE").default("GET"),
    /** Path of the request, with its query. */
    path,
    /** Headers of the request. */
    headers: z.record(z.string(), verbatim, "a mapping of headers to texts").default({}),
    /** Body of the request; sent as JSON. */
    json: z.unknown().optional(),
    /** Fields of a form, sent as the body instead of `json`: what FastAPI's OAuth2PasswordRequestForm takes. */
    form: z.record(z.string(), verbatim, "a mapping of fields to texts").optional(),
    /** What the answer has to be. */
    expect: expectation,
    /** Values of the answer's JSON that later steps use: name → path, for example `id` or `user.id`. */
    capture: z
      .record(
        z.string().regex(/^\w+$/, "the name of a value: letters, digits and _"),
        text,
        "a mapping of names to paths, for example { jwt: token }",
      )
      .default({}),
  },
  "a mapping with name, to, path and expect",
)

const RATE = "a number of requests a second, 0.1 to 1000"
const quantities = z.record(z.string(), text, "a mapping of resources to quantities, for example { cpu: 50m }")

/** One request of the monitor: what a user would look at; it must not change anything. */
const MonitorRequest = z.strictObject(
  {
    /** What it is called in the report. */
    name: text,
    /** The application that is asked, through its Service in the cluster. */
    to: applicationName,
    /** Method of the request. */
    method: z.enum(["GET", "HEAD"], "GET or HEAD: the monitor changes nothing").default("GET"),
    /** Path of the request, with its query. */
    path,
    /** Headers of the request; texts may hold ${PUBLIC_URL}, ${KEY} of `secrets` and, with `signedIn`, values that the sign-in captured: `Authorization: Bearer ${token}`. */
    headers: z.record(z.string(), verbatim, "a mapping of headers to texts").default({}),
    /** Requests a second on each kind of connection. Default: an equal share of monitor.rate; 0.4 below /api/auth/, since Better Auth answers 100 a minute. */
    rate: z.number(RATE).min(0.1, RATE).max(1000, RATE).optional(),
    /** Whether the cookies of the sign-in go with it. */
    signedIn: z.boolean("true or false").default(false),
    /** Whether it is a page whose files are asked for too, twice a second, as a browser does: scripts, styles, fonts, images, and all the while those of the page as it was before the deployment. Default: true for a GET of the frontend's `/`. */
    page: z.boolean("true or false").optional(),
    /** What the answer has to be. */
    expect: monitored,
  },
  "a mapping with name, to, path and expect",
)

/** An accepted vulnerability. */
const Allowance = z.strictObject(
  {
    /** As the scanner names it, for example CVE-2026-1234. */
    id: text,
    /** Why it does no harm here. */
    reason: text,
    /** The last day of it, as YYYY-MM-DD. */
    expires: z.iso.date('a day in quotes, for example "2026-12-31"'),
  },
  "a mapping with id, reason and expires",
)

const FACTS = [
  "size",
  "own layers",
  "base",
  "final stage",
  "file modes",
  "browser code",
  "user",
  "secrets",
  "confined",
  "start",
  "stop",
  "request in flight",
]

const Acceptance = z.strictObject(
  {
    /** The fact that fails, as the table names it. */
    fact: z.enum(FACTS, `a fact: ${FACTS.join(", ")}`),
    /** The finding, as the table lists it, without layer and line; * stands for any text. Needed for final stage, file modes, browser code and secrets, whose findings are accepted one by one. */
    finding: text.optional(),
    /** The application whose image it is. Default: all. */
    image: applicationName.optional(),
    /** Why it does no harm here. */
    reason: text,
    /** The last day of it, as YYYY-MM-DD. */
    expires: z.iso.date('a day in quotes, for example "2026-12-31"'),
  },
  "a mapping with fact, finding, image, reason and expires",
)

/** cloud-native.yaml; every key is optional. */
export const Config = section({
  /** Names the images (<registry>/<name>-backend, <name>-frontend, and so on) and the release. */
  name: label.default("app"),
  /** Namespace of the cluster. Default: the name. */
  namespace: label.optional(),
  /** Address that the users open. */
  publicUrl: z
    .string("text")
    .refine(text => originOf(text) !== undefined, "an address without a path, for example https://shop.example.com")
    .transform(text => originOf(text)!)
    .default("http://localhost:3000"),
  /** Folder of the source with the Kubernetes manifests; overlays/ in it may have kustomizations, one for each environment. A folder with a Chart.yaml is a Helm chart. Default: k8s; with `charts`, none. */
  manifests: folder.optional(),
  /** Helm charts, deployed together, with the manifests where `manifests` names them too. */
  charts: list(Chart, "a list of charts").default([]),
  /** The Secret that the manifests refer to, and that --secrets becomes. */
  secretName: label.default("app-secrets"),
  backend: app(BACKEND),
  frontend: app(FRONTEND),
  /** Further applications, by name: workers, and other servers. Each is tested, built, verified, pushed and deployed as the two are, wherever the manifests say `image: NAME`. */
  applications: z
    .record(
      label.refine(
        name => !RESERVED.includes(name),
        "a name other than backend and frontend, which have their own keys, and source",
      ),
      Application,
      "a mapping of names to applications",
    )
    .default({}),
  /** What differs by environment. Its name is the last part of --overlay: production for overlays/production. An image that is built with values of an environment is for that one alone. */
  environments: z.record(text, Environment, "a mapping of environments to their values").default({}),
  /** Backing services of the tests and of an ephemeral cluster, by name. */
  services: z
    .record(
      label.refine(
        name => name !== "backend" && name !== "frontend",
        "a name other than backend and frontend, the applications",
      ),
      Service,
      "a mapping of names to services",
    )
    .default({}),
  ephemeral: section({
    /** Backing services that an ephemeral cluster brings up. */
    services: list(text, "a list of names of services").default([]),
    /** The applications' secrets there; nothing that is a secret anywhere else. */
    secrets: variables.default({}),
    /** Keys of secrets that get a random value there. */
    random: list(text, "a list of names of secrets").default([]),
  }),
  /**
   * Requests that prove the application end to end, in order; they write. Texts may hold `${PUBLIC_URL}`, `${random}` (one value
   * for each run) and values that an earlier step captured, also altered so that they must be refused: `${jwt|forged}`,
   * `${jwt|expired}`, `${jwt|unsigned}`.
   */
  handshake: list(Step, "a list of steps").default([]),
  /** Requests as users send them, during a deployment: each has to be answered as expected. */
  monitor: section({
    /** Requests a second on new connections, and again as many on kept ones: shared by the requests without a `rate` of their own. */
    rate: wholeNumber(1, 1000, "a number of requests a second, 1 to 1000").default(20),
    /** What is requested. Default: the health path of each application that has a port; as for a probe, any status from 200 to 399 is right, so a redirect is. */
    requests: list(MonitorRequest, "a list of requests").optional(),
    /** Whether the frontend's requests are sent through publicUrl as well, from the second deployment on: what stands in front of the Services (Ingress, load balancer, TLS) has to answer them, too. */
    outside: z.boolean("true or false").default(false),
    /** ConfigMap of the namespace with certificates (PEM, under any key) of authorities that the monitor's pod trusts beside the public ones, such as a company's own: for `outside`. */
    caConfigMap: text.optional(),
    /** Steps that sign in, once; texts may hold ${PUBLIC_URL} and ${KEY} of `secrets`. */
    signIn: list(Step, "a list of steps").default([]),
    /** Keys of the applications' Secret that the steps use, such as the password of an account that may only read. */
    secrets: list(text, "a list of keys of the Secret").default([]),
    /** CPU, memory and storage of its pod, and of the handshake's: where a LimitRange or a quota asks for others. */
    resources: section({
      /** What the pod asks the scheduler for. */
      requests: quantities.default({ cpu: "50m", memory: "128Mi", "ephemeral-storage": "32Mi" }),
      /** What it may use. */
      limits: quantities.default({ cpu: "1", memory: "256Mi", "ephemeral-storage": "256Mi" }),
    }),
    /** Secrets of the namespace with which its pod, and the handshake's, pulls images.k6. */
    imagePullSecrets: list(text, "a list of names of Secrets").default([]),
  }),
  limits: section({
    /** Size in the registry that an image has to stay below, for example 200MB or 180MiB; read as bytes. */
    imageSize: z.string("a size, for example 200MB").default("200MB").transform(parseSize),
    /** Seconds from scheduled to ready that the pods of an application may take on average, without image pulls and what the probe's period may add. */
    startup: z.number("a number of seconds").positive("a number of seconds above 0").default(10),
    /** The outcome of a deployment whose pods take longer: fail (it is rolled back) or warn. */
    startupAction: z.enum(["fail", "warn"], "fail or warn").default("fail"),
    /** How often a container may restart before the rollout fails: with 2, the third time that it terminates is the cause; with 0, the first. */
    restarts: wholeNumber(0, 100, "a number of restarts, 0 to 100").default(2),
  }),
  /** How images are verified. */
  verification: section({
    /** Failures that are accepted, each with a reason and an expiry date; the table shows them as warnings. */
    accept: list(Acceptance, "a list of accepted failures").default([]),
    /** Seconds that one check of an image may take, apart from its run and the scanner. */
    timeout: seconds.default(600),
    /** Verdict on a check that takes longer: fail, or not-checked. */
    onTimeout: z.enum(["fail", "not-checked"], "fail or not-checked").default("fail"),
  }),
  /** Which known vulnerabilities an image may not have; looked for with --scanner. */
  vulnerabilities: section({
    /** The mildest severity that counts. */
    severity: z
      .enum(["negligible", "low", "medium", "high", "critical"], "negligible, low, medium, high or critical")
      .default("high"),
    /** Whether only those count that a newer version does not have. */
    fixedOnly: z.boolean("true or false").default(true),
    /** Accepted vulnerabilities, each with a reason and an expiry date. */
    allow: list(Allowance, "a list of vulnerabilities").default([]),
    /** Seconds that the scanner may take. */
    timeout: seconds.default(600),
  }),
  /** What an image needs before it is deployed, wherever it comes from. */
  policy: section({
    /** Public key of cosign (PEM), or the file of the source that holds it. With it, an image is deployed only if its signature is of that key. */
    publicKey: matching(
      PUBLIC_KEY,
      "a public key (-----BEGIN PUBLIC KEY-----), or a path inside the source",
    ).optional(),
    /** Whether it also needs a statement, signed with that key, of how it was built and verified: required or optional. */
    attestation: z.enum(["required", "optional"], "required or optional").default("optional"),
  }),
  /** The images that the module itself runs. */
  images: section({
    /** kubectl, with which the cluster is read and written. */
    kubectl: image.default("registry.k8s.io/kubectl:v1.34.4"),
    /** helm, which renders charts. */
    helm: image.default("alpine/helm:4.3.1"),
    /** k6, which sends the requests of the monitor and of the handshake. */
    k6: image.default("grafana/k6:1.8.1"),
    /** The registry of an ephemeral cluster. */
    registry: image.default("registry:3"),
    /** The Kubernetes of an ephemeral cluster. */
    k3s: image.default("rancher/k3s:v1.34.4-k3s1"),
    /** oras, which resolves references, and attaches SBOMs and statements to images. */
    oras: image.default("ghcr.io/oras-project/oras:v1.3.4"),
    /** cosign, which signs images and verifies signatures. */
    cosign: image.default("ghcr.io/sigstore/cosign/cosign:v3.1.3"),
    /** Looks into images, and runs them to see whether they start and stop. */
    python: image.default("python:3.13-slim"),
    /** syft, which finds out what an image is made of. */
    syft: image.default("anchore/syft:v1.38.2"),
    /** gitleaks, which looks for secrets, with git, which reads the last commit. */
    gitleaks: image.default("zricethezav/gitleaks:v8.30.1"),
  }),
})
  .superRefine(checkReferences)
  .transform(config => ({
    ...config,
    namespace: config.namespace ?? config.name,
    charts: config.charts.map(chart => ({ ...chart, release: chart.release ?? chart.path.split("/").at(-1)! })),
    manifests: config.manifests ?? (config.charts.length > 0 ? undefined : "k8s"),
    backend: completed(config.backend, BACKEND),
    frontend: completed(config.frontend, FRONTEND),
    applications: Object.fromEntries(
      Object.entries(config.applications).map(([name, app]) => [name, completedFurther(app, name)]),
    ),
    monitor: {
      ...config.monitor,
      requests: withPages(withRates(config.monitor.requests ?? healthRequests(config), config.monitor.rate)),
    },
  }))

export type Config = z.output<typeof Config>
export type ChartConfig = Config["charts"][number]
/** An application, whichever it is. */
export type AppConfig = Config["applications"][string]
export type ServiceConfig = Config["services"][string]

/** The settings of an application whose defaults depend on other settings. */
function completed<App extends { base?: string; context?: string; path: string; dockerfile: string }>(
  app: App,
  { name, base }: Pick<Conventions, "name" | "base">,
) {
  return {
    ...app,
    context: app.context ?? app.path,
    base: app.base ?? base,
    /** Whether `base` is still to be read from the Dockerfile, which is the repository's own. */
    readsBase: app.base === undefined && app.dockerfile !== conventionalDockerfile(name),
  }
}

/** The settings of an application beside the two, which go by its name and its own Dockerfile. */
function completedFurther(app: z.output<typeof Application>, name: string) {
  const { path = name, service = name } = app
  const { dockerfile = `${path}/Dockerfile` } = app
  return completed({ ...app, path, service, dockerfile }, { name, base: BACKEND.base })
}

interface Applications {
  backend: { port: number; health: string }
  frontend: { port: number; health: string }
  applications: Record<string, { port?: number; health: string }>
}

/** A health path may be a page that redirects to the sign-in: what probes take for healthy is right here, too. */
function healthRequests({ backend, frontend, applications }: Applications): z.output<typeof MonitorRequest>[] {
  return Object.entries({ backend, frontend, ...applications })
    .filter(([, { port }]) => port !== undefined)
    .map(([to, { health }]) => ({
      name: `${to}'s health`,
      to,
      method: "GET",
      path: health,
      headers: {},
      signedIn: false,
      expect: {},
    }))
}

/** Better Auth's own limit, of 100 requests a minute, path and address: both kinds of connection take half of it. */
const BETTER_AUTH = { path: /^\/api\/auth\//, rate: 0.4 }

/** Each request with its own rate: what it says itself, else what Better Auth bears, else its share. */
function withRates(requests: z.output<typeof MonitorRequest>[], shared: number) {
  const own = requests.map(({ rate, path }) => rate ?? (BETTER_AUTH.path.test(path) ? BETTER_AUTH.rate : undefined))
  const share = shared / own.filter(rate => rate === undefined).length
  return requests.map((request, index) => ({ ...request, rate: own[index] ?? share }))
}

/** A frontend's start page is one, unless the request says otherwise. */
function withPages<Request extends Pick<z.output<typeof MonitorRequest>, "to" | "method" | "path" | "page">>(
  requests: Request[],
) {
  return requests.map(request => {
    const { to, method, path, page = to === "frontend" && method === "GET" && path === "/" } = request
    return { ...request, page }
  })
}

/** A mapping with defaults of its own; one that is left empty, as when all in it is commented out, counts as absent. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess(
    value => value ?? {},
    z.strictObject(shape, `a mapping with keys of: ${Object.keys(shape).join(", ")}`),
  )
}

function list<Item extends z.ZodType>(item: Item, expected: string) {
  return z.array(item, expected)
}

function matching(pattern: RegExp, expected: string) {
  return z.string(expected).regex(pattern, expected)
}

function wholeNumber(min: number, max: number, expected: string) {
  return z.int(expected).min(min, expected).max(max, expected)
}

/** An address without a path, as browsers and tokens write it: in small letters, without a default port or a slash at the end; undefined where it is none. */
export function originOf(text: string): string | undefined {
  const isAddress = /^https?:\/\/[^/?#@\s]+\/?$/i.test(text) && URL.canParse(text)
  return isAddress ? new URL(text).origin : undefined
}
