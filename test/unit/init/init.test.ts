import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import type { Layout } from "../../../.dagger/src/gate/layout.js"
import { discoverCharts, withUsedValues } from "../../../.dagger/src/init/charts.js"
import { configurationFor, unknowns } from "../../../.dagger/src/init/configuration.js"
import { discoverDeployed, discoverInCharts } from "../../../.dagger/src/init/deployed.js"
import { candidates, discover } from "../../../.dagger/src/init/discover.js"
import { adaptBackend, adaptFrontend } from "../../../.dagger/src/init/dockerfiles.js"
import { adaptManifest, type Findings, withoutTasks } from "../../../.dagger/src/init/manifests.js"
import { notTaken } from "../../../.dagger/src/init/not-taken.js"
import { checkManifests } from "../../../.dagger/src/manifests/check.js"
import { parseManifests } from "../../../.dagger/src/manifests/parse.js"
import { markOf } from "../../../.dagger/src/manifests/secret-values.js"

const TEMPLATES = join(import.meta.dirname, "../../../.dagger/templates")
const template = (path: string) => readFileSync(join(TEMPLATES, path), "utf8")
const layout = (texts: Layout["texts"]): Layout => ({ files: Object.keys(texts), texts })
const next = (manifest: object = {}) => JSON.stringify({ dependencies: { next: "15.1.0" }, ...manifest })

/** Folders of other names, an own Dockerfile for the API alone, alembic, no health route in the pages. */
const SHOP = layout({
  "services/api/pyproject.toml": '[project]\nname = "api"\ndependencies = ["fastapi", "asyncpg"]\n',
  "services/api/uv.lock": "",
  "services/api/alembic.ini": "",
  "services/api/alembic/env.py": "",
  "services/api/shop/main.py":
    'from fastapi import FastAPI\n\napi = FastAPI()\n\n\n@api.get("/healthz")\ndef live(): ...\n',
  "services/api/tests/test_main.py": "",
  "services/api/Dockerfile": 'FROM python:3.12-slim\nARG BUILD\nEXPOSE 9000\nCMD ["uvicorn", "shop.main:api"]\n',
  "services/api/.env.example": "DATABASE_URL=postgres://\nSTRIPE_API_KEY=sk\nLOG_LEVEL=info\n",
  "web/package.json": next({ dependencies: { next: "15.1.0", "better-auth": "1.4.0", pg: "8.0.0" } }),
  "web/pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
  "web/prisma/schema.prisma": "",
  "web/.npmrc": "",
  "specs/example/package.json": next(),
  ".claude/skills/demo/package.json": next(),
})
const findings = (of: Layout, backend = "services/api", frontend = "web"): Findings => ({
  backend: discover("backend", backend, of),
  frontend: discover("frontend", frontend, of),
})

describe("the applications", () => {
  test("are found by what they depend on, in no hidden folder and no documentation", () => {
    expect([candidates("backend", SHOP), candidates("frontend", SHOP)]).toEqual([["services/api"], ["web"]])
  })

  test.each<[string, Record<string, string>, string[]]>([
    ["a folder of requirements", { "api/requirements/base.txt": "fastapi\n" }, ["api"]],
    ["one at the root", { "requirements/base.txt": "fastapi\n" }, ["."]],
    ["not a text elsewhere", { "api/notes/base.txt": "fastapi\n" }, []],
    ["not other files in it", { "api/requirements/base.md": "fastapi\n" }, []],
  ])("are found by %s", (_, files, folders) => {
    expect(candidates("backend", layout(files))).toEqual(folders)
  })

  test("are all listed where there are several", () => {
    const generations = layout({ "phase-2/web/package.json": next(), "phase-5/web/package.json": next() })
    expect(candidates("frontend", generations)).toEqual(["phase-2/web", "phase-5/web"])
  })

  test("are described by their own files", () => {
    expect(findings(SHOP)).toEqual({
      backend: {
        path: "services/api",
        dockerfile: "services/api/Dockerfile",
        context: undefined,
        base: "python:3.12-slim",
        port: 9000,
        health: "/healthz",
        module: "shop.main:api",
        answers: "/openapi.json",
        migration: ["alembic", "upgrade", "head"],
        database: true,
        betterAuth: false,
        secrets: ["DATABASE_URL", "STRIPE_API_KEY"],
        buildArgs: ["BUILD"],
        hasTests: true,
      },
      frontend: {
        path: "web",
        dockerfile: undefined,
        context: undefined,
        base: "node:20-alpine",
        port: undefined,
        health: undefined,
        module: undefined,
        answers: "/",
        migrates: "Prisma",
        database: true,
        betterAuth: true,
        secrets: [],
        buildArgs: [],
        hasTests: false,
      },
    })
  })

  test("have nothing of examples in them, nor of an application below, where one is the root", () => {
    const root = layout({
      "package.json": next(),
      "app/page.tsx": "",
      ".claude/skills/demo/.env.example": "DEMO_SECRET=x\n",
      ".claude/skills/demo/a.test.ts": "",
      "backend/requirements.txt": "fastapi\nasyncpg\n",
      "backend/.env.example": "DATABASE_URL=x\n",
      "templates/web/package.json": next({ dependencies: { next: "16.0.0", "better-auth": "1.4.0" } }),
    })
    expect(discover("frontend", ".", root)).toMatchObject({
      database: false,
      betterAuth: false,
      secrets: [],
      hasTests: false,
    })
    expect(discover("backend", "backend", root)).toMatchObject({ database: true, secrets: ["DATABASE_URL"] })
  })

  test("build from the root where their Dockerfile copies from there", () => {
    const monorepo = layout({
      "apps/web/package.json": next(),
      "apps/web/Dockerfile": "FROM node:22\nCOPY apps/web ./\n",
    })
    expect(discover("frontend", "apps/web", monorepo).context).toBe(".")
  })

  test("have the health route of a router with its prefix", () => {
    const routed = layout({
      "api/routes.py": 'router = APIRouter(prefix="/api/v1")\n\n@router.get("/health")\ndef h(): ...\n',
    })
    expect(discover("backend", "api", routed).health).toBe("/api/v1/health")
  })

  test("have it with the prefix that the application includes the router with, not with a test's", () => {
    const routed = layout({
      "api/app/main.py": 'from app import health\n\napp.include_router(health.router, prefix="/v1")\n',
      "api/app/health.py": 'router = APIRouter()\n\n@router.get("/health")\ndef h(): ...\n',
      "api/tests/conftest.py": 'from app import health\n\napp.include_router(health.router, prefix="/test")\n',
    })
    expect(discover("backend", "api", routed)).toMatchObject({ health: "/v1/health" })
  })

  test("have none where its prefix is not told: what it may be is listed, and the schema is asked for", () => {
    const routed = layout({
      "api/main.py":
        'router = APIRouter()\n\n@router.get("/health")\ndef h(): ...\n\napp.include_router(router, prefix=PREFIX)\n',
      "web/package.json": next(),
    })
    const found = findings(routed, "api")
    expect(found.backend.health).toBeUndefined()
    expect(unknowns(found)[0]).toBe(
      "the backend's health route may be …/health: the probes ask /openapi.json; set backend.health, and the probes, to the right one",
    )
    expect(parseConfig(configurationFor("shop", found), "cloud-native.yaml").backend.health).toBe("/openapi.json")
  })

  test("have the health route that a factory adds by a call, not one that a test asks for", () => {
    const made = layout({
      "api/main.py":
        'def create_app():\n    app = FastAPI()\n    app.add_api_route("/health", health)\n    return app\n',
      "api/tests/test_health.py": 'client.get("/healthz?check=1")\n',
    })
    expect(discover("backend", "api", made).health).toBe("/health")
  })
})

describe("migrations", () => {
  const web = (files: Layout["texts"], dockerfile = "") =>
    discover(
      "frontend",
      "web",
      layout({ "web/package.json": next(), ...(dockerfile && { "web/Dockerfile": dockerfile }), ...files }),
    )
  const COMPLETE = "FROM node:22\nCOPY . .\nRUN npm ci\nCMD npm start\n"

  test("of the backend are alembic's, also below a package, or a module's that runs by itself", () => {
    const api = (files: Layout["texts"]) => discover("backend", "api", layout(files)).migration
    expect(api({ "api/app/db/alembic.ini": "" })).toEqual([
      "alembic",
      "--config",
      "app/db/alembic.ini",
      "upgrade",
      "head",
    ])
    expect(api({ "api/shop/migrate.py": 'if __name__ == "__main__":\n    run()\n' })).toEqual([
      "python",
      "-m",
      "shop.migrate",
    ])
    expect(api({ "api/shop/migrate.py": "def migrate(): ...\n" })).toBeUndefined()
  })

  test.each([
    ["Prisma", { "web/prisma/schema.prisma": "" }, ["npx", "--no", "--", "prisma", "migrate", "deploy"]],
    ["Drizzle", { "web/drizzle.config.ts": "" }, ["npx", "--no", "--", "drizzle-kit", "migrate"]],
    [
      "Better Auth",
      { "web/package.json": next({ dependencies: { next: "16.0.0", "better-auth": "1.4.0" } }) },
      ["npx", "--no", "--", "@better-auth/cli", "migrate", "--yes"],
    ],
  ])("of %s are run by its command, where the image has all packages", (name, files, migration) => {
    expect(web(files, COMPLETE)).toMatchObject({ migrates: name, migration })
    for (const dockerfile of ["", "FROM node:22\nCOPY --from=build /app/.next/standalone ./\n"])
      expect([web(files, dockerfile).migrates, web(files, dockerfile).migration]).toEqual([name, undefined])
  })

  test.each<[string, Record<string, string>, string | undefined]>([
    ["SQLAlchemy's", { "api/db.py": "Base.metadata.create_all(engine)\n" }, "api/db.py"],
    ["an engine's, run in a thread", { "api/db.py": "await c.run_sync(SQLModel.metadata.create_all)\n" }, "api/db.py"],
    ["not a test's", { "api/tests/conftest.py": "Base.metadata.create_all(engine)\n" }, undefined],
    ["not a script's", { "api/migrate.py": "Base.metadata.create_all(engine)\n" }, undefined],
    ["not a comment's", { "api/db.py": "# Base.metadata.create_all(engine)\n" }, undefined],
  ])("are none where the backend makes its tables at its start, which is said: %s", (_, files, file) => {
    const texts = layout({ "api/requirements.txt": "fastapi\npsycopg\n", ...files, "web/package.json": next() })
    const said = unknowns(findings(texts, "api")).filter(text => /tables|migration/.test(text))
    expect(said).toEqual([
      expect.stringContaining(file ? `${file} makes tables when it starts` : "a database and no migration"),
    ])
  })

  test("are the bundle that the Dockerfile copies", () => {
    const bundle =
      "FROM node:22\nCOPY --from=build /app/.next/standalone ./\nCOPY --from=build /app/dist/migrate.js ./migrate.js\n"
    expect(web({ "web/migrate.ts": "" }, bundle).migration).toEqual(["node", "migrate.js"])
  })
})

describe("the application's module", () => {
  const made = (files: Layout["texts"]) => {
    const { module, factory } = discover("backend", "api", layout(files))
    return [module, factory]
  }
  const FACTORY = "from fastapi import FastAPI\n\ndef create_app() -> FastAPI:\n    return FastAPI()\n"

  test.each([
    ["its own", { "api/shop/main.py": "api: FastAPI = FastAPI(title='Shop')\n" }, ["shop.main:api", undefined]],
    ["a factory's", { "api/main.py": `${FACTORY}\napp = create_app()\n` }, ["main:app", undefined]],
    [
      "that of a factory elsewhere",
      { "api/core.py": FACTORY, "api/asgi.py": "from core import create_app\n\napp = create_app()\n" },
      ["asgi:app", undefined],
    ],
    ["the factory", { "api/shop/main.py": FACTORY }, ["shop.main:create_app", true]],
    [
      "no factory with arguments",
      { "api/main.py": FACTORY.replace("()", "(settings: Settings)") },
      [undefined, undefined],
    ],
    [
      "a factory with defaults",
      { "api/main.py": FACTORY.replace("()", "(debug: bool = False)") },
      ["main:create_app", true],
    ],
    [
      "not a test's",
      { "api/tests/test_main.py": "app = FastAPI()\n", "api/conftest.py": "app = FastAPI()\n" },
      [undefined, undefined],
    ],
  ])("is %s", (_, files, expected) => {
    expect(made(files)).toEqual(expected)
  })

  test("is started by uvicorn, a factory as one", () => {
    const own = layout({ "api/shop/main.py": FACTORY, "api/uv.lock": "" })
    const text = adaptBackend(template("docker/backend.dockerfile"), discover("backend", "api", own), own)
    expect(text).toContain('CMD ["uvicorn", "--factory", "shop.main:create_app", "--host"')
  })
})

describe("a backend without a health route is asked", () => {
  const asked = (text: string) => discover("backend", "api", layout({ "api/main.py": text })).answers
  test("for its schema, unless that is off or elsewhere", () => {
    expect(asked("app = FastAPI()\n")).toBe("/openapi.json")
    expect(asked('app = FastAPI(openapi_url="/api/openapi.json")\n')).toBe("/api/openapi.json")
  })
  test("else for a route without parameters", () => {
    expect(asked('app = FastAPI(openapi_url=None)\n@app.get("/a/{id}")\n@app.get("/items")\n@app.get("/")\n')).toBe("/")
    expect(asked("app = FastAPI(openapi_url=None)\n")).toBeUndefined()
  })
})

const workload = (kind: string, name: string, image: string, more = "") =>
  `apiVersion: ${kind === "Job" ? "batch/v1" : "apps/v1"}\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n  selector: { matchLabels: { app: ${name} } }\n  template:\n    metadata: { labels: { app: ${name} } }\n    spec: { containers: [{ name: c, image: "${image}"${more} }] }\n`
const service = (name: string, target: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { selector: { app: ${name} }, ports: [{ port: 80, targetPort: ${target} }] }\n`

describe("the repository's own manifests", () => {
  const FILES = {
    "deploy/base/api.yaml": [
      service("api", "http"),
      workload(
        "Deployment",
        "api",
        "ghcr.io/acme/shop-backend:latest",
        ", ports: [{ name: http, containerPort: 9000 }], livenessProbe: { httpGet: { path: /livez, port: http } }, env: [{ name: P, valueFrom: { secretKeyRef: { name: shop, key: PASSWORD } } }]",
      ),
      workload("Job", "migrate", "ghcr.io/acme/shop-backend:latest"),
      workload("StatefulSet", "postgres", "postgres:17"),
    ].join("---\n"),
    "deploy/base/web.yaml": [service("site", "3000"), workload("Deployment", "site", "acme/ui:1")].join("---\n"),
    "deploy/overlays/production/kustomization.yaml": "resources: [../../base]\n",
    "charts/shop/Chart.yaml": "name: shop\n",
    "charts/shop/templates/api.yaml": workload("Deployment", "other", "backend"),
    "examples/k8s/api.yaml": workload("Deployment", "example", "backend"),
    "docker-compose.yml": "services: {}\n",
  }
  const paths = { backend: "services/shop", frontend: "apps/web" }

  test("say where they are, and how each application is reached", () => {
    const image = "ghcr.io/acme/shop-backend:latest"
    expect(discoverDeployed(paths, layout(FILES))).toEqual({
      place: { folder: "deploy", charts: [] },
      secretName: "shop",
      secretKeys: ["PASSWORD"],
      hasDatabase: true,
      backend: {
        service: "api",
        port: 9000,
        health: "/livez",
        images: [
          { file: "deploy/base/api.yaml", image },
          { file: "deploy/base/api.yaml", image },
        ],
      },
      frontend: {
        image: "ui",
        service: "site",
        port: 3000,
        health: undefined,
        images: [{ file: "deploy/base/web.yaml", image: "acme/ui:1" }],
      },
      others: {},
    })
  })

  test.each([
    ["YOUR_DOCKERHUB_USER/todo-api:latest", "todo-api"],
    ["<registry>/shop:1", undefined],
    ["acme/api:", "api"],
  ])("say so by an image that is no valid reference: %s", (image, own) => {
    const api = workload("Deployment", "server", image)
    const deployed = discoverDeployed(paths, layout({ ...FILES, "deploy/base/api.yaml": api }))
    expect(deployed?.backend).toMatchObject({ image: own, images: [{ image }] })
  })

  test.each<[string, string[], string[], string | undefined]>([
    [
      "the folder's before a usual one",
      ["provectuslabs/kafka-ui:v0.7", "acme/shop-web:1"],
      ["acme/shop-web:1"],
      undefined,
    ],
    ["a usual one", ["acme/shop-ui:1"], ["acme/shop-ui:1"], "shop-ui"],
    ["of two usual ones neither", ["kafka-ui:1", "shop-client:1"], ["kafka-ui:1", "shop-client:1"], undefined],
  ])("say an application's name: %s", (_, images, own, name) => {
    const web = images.map((image, index) => workload("Deployment", `site${index}`, image)).join("---\n")
    const deployed = discoverDeployed(paths, layout({ ...FILES, "deploy/base/web.yaml": web }))
    expect(deployed?.frontend.image).toBe(name)
    expect(deployed?.frontend.images.map(({ image }) => image)).toEqual(own)
  })

  test.each([
    ["the first", "{ port: 80, targetPort: 8000 }, { port: 81, targetPort: 8001 }", 8000],
    ["not that of metrics", "{ name: http-metrics, port: 9090 }, { name: http, port: 80, targetPort: 8000 }", 8000],
    ["not one that leads to metrics", "{ port: 9090, targetPort: metrics }, { port: 80, targetPort: 8000 }", 8000],
    ["metrics, where there is no other", "{ name: metrics, port: 9090 }", 9090],
  ])("have the port of their Service: %s", (_, ports, port) => {
    const text = `apiVersion: v1\nkind: Service\nmetadata: { name: api }\nspec: { selector: { app: api }, ports: [${ports}] }\n`
    const files = { "k8s/api.yaml": `${text}---\n${workload("Deployment", "api", "backend")}` }
    expect(discoverDeployed(paths, layout(files))?.backend).toMatchObject({ service: "api", port })
  })

  test("are what the config says, and which application none runs", () => {
    const text = configurationFor("shop", findings(SHOP), discoverDeployed(paths, layout(FILES)))
    expect(parseConfig(text, "cloud-native.yaml")).toMatchObject({
      manifests: "deploy",
      secretName: "shop",
      backend: { service: "api" },
      frontend: { service: "site", image: "ui" },
      ephemeral: { services: [], random: ["PASSWORD"] },
    })
    const backendOnly = layout({ "deploy/api.yaml": workload("Deployment", "api", "backend:1") })
    expect(unknowns(findings(SHOP), discoverDeployed(paths, backendOnly))).toContain(
      "no container in deploy was found to run the frontend: write image: frontend in its own",
    )
  })

  test.each([
    ["brings", "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n", "shop"],
    ["names", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: shop }\n", "shop"],
    [
      "names beside others",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: shop }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: b, namespace: logs }\n",
      "app",
    ],
    ["does not name", "", "app"],
  ])("are for the namespace that one of them %s", (_, text, namespace) => {
    const texts = { ...FILES, ...(text && { "deploy/base/more.yaml": text }) }
    const config = configurationFor("app", findings(SHOP), discoverDeployed(paths, layout(texts)))
    expect(parseConfig(config, "cloud-native.yaml").namespace).toBe(namespace)
  })

  test("are those beside the applications, where several generations have some", () => {
    const generations = layout({
      "phase-4/k8s/api.yaml": workload("Deployment", "old", "backend:4"),
      "phase-5/k8s/api.yaml": workload("Deployment", "api", "backend:5"),
      "phase-5/k8s/web.yaml": workload("Deployment", "web", "frontend:5"),
    })
    const chosen = { backend: "phase-5/backend", frontend: "phase-5/frontend" }
    expect(discoverDeployed(chosen, generations)).toMatchObject({
      place: { folder: "phase-5/k8s" },
      backend: { images: [{ image: "backend:5" }] },
    })
  })

  test("are not those of others, and may have a database in a folder of its own", () => {
    const apps = {
      "deploy/apps/api.yaml": workload("Deployment", "api", "backend"),
      "deploy/data/postgres.yaml": workload("StatefulSet", "postgres", "postgres:17"),
    }
    const monitoring = { "monitoring/grafana.yaml": workload("Deployment", "grafana", "grafana/grafana:12") }
    expect(discoverDeployed(paths, layout({ ...apps, ...monitoring }))).toMatchObject({
      place: { folder: "deploy" },
      hasDatabase: true,
    })
    expect(discoverDeployed(paths, layout(monitoring))).toBeUndefined()
  })

  test("are not taken out of several folders", () => {
    const apart = {
      "api/k8s/api.yaml": workload("Deployment", "api", "backend"),
      "web/k8s/web.yaml": workload("Deployment", "web", "frontend"),
    }
    expect(discoverDeployed(paths, layout(apart))).toBeUndefined()
  })

  test("are none where there is a chart, an example or a composition alone", () => {
    const {
      "charts/shop/Chart.yaml": chart,
      "charts/shop/templates/api.yaml": template,
      "examples/k8s/api.yaml": example,
    } = FILES
    const others = {
      "charts/shop/Chart.yaml": chart,
      "charts/shop/templates/api.yaml": template,
      "examples/k8s/api.yaml": example,
    }
    expect(discoverDeployed(paths, layout(others))).toBeUndefined()
  })
})

describe("applications beside the two", () => {
  const paths = { backend: "api", frontend: "web" }
  const manifests = (...images: string[]) => ({
    "k8s/all.yaml": ["api", "web", ...images]
      .map(image => workload("Deployment", image.replace(/\W/g, "-"), image))
      .join("---\n"),
  })
  const others = (files: Record<string, string>) => discoverDeployed(paths, layout(files))?.others

  test.each<[string, Record<string, string>, string, object]>([
    ["a folder of its own", { "worker/Dockerfile": "" }, "worker", { path: "worker", dockerfile: "worker/Dockerfile" }],
    [
      "a second Dockerfile of the backend",
      { "api/Dockerfile.worker": "", "api/main.py": "" },
      "worker",
      { path: "api", dockerfile: "api/Dockerfile.worker" },
    ],
    [
      "a Dockerfile in docker/ and a folder",
      { "docker/worker.dockerfile": "", "services/worker/main.py": "" },
      "worker",
      { path: "services/worker", dockerfile: "docker/worker.dockerfile" },
    ],
    [
      "a Dockerfile in docker/ that copies from the root",
      { "docker/worker.dockerfile": "COPY services/worker /app\n", "services/worker/main.py": "" },
      "worker",
      { path: "services/worker", context: "." },
    ],
    ["a Dockerfile in docker/ alone", { "docker/worker.dockerfile": "" }, "worker", { path: "." }],
  ])("are found by their image and %s", (_, files, name, expected) => {
    const found = others({ ...manifests("ghcr.io/acme/shop-worker:1"), ...files })
    expect(Object.keys(found!)).toEqual([name])
    expect(found).toMatchObject({ [name]: expected })
  })

  test.each<[string, Record<string, string>, string]>([
    ["another image of the backend", { "api/Dockerfile.prod": "" }, "api-prod"],
    ["an image without a Dockerfile", {}, "redis:8"],
    ["a Dockerfile whose image nothing runs", { "worker/Dockerfile": "" }, "redis:8"],
    ["an example's Dockerfile", { "examples/worker/Dockerfile": "" }, "worker"],
    ["an image by digest", { "worker/Dockerfile": "" }, `worker@sha256:${"0".repeat(64)}`],
    ["the root's Dockerfile", { Dockerfile: "" }, "shop"],
    ["a usual name of the two", { "docker/ui.dockerfile": "" }, "shop-ui"],
    [
      "the backend's own, by a compose file",
      {
        "docker/shop.Dockerfile": "",
        "compose.yaml": "services: { api: { build: { context: api, dockerfile: ../docker/shop.Dockerfile } } }\n",
        "api/main.py": "",
      },
      "shop",
    ],
  ])("are none for %s", (_, files, image) => {
    expect(others({ ...manifests(image), ...files })).toEqual({})
  })

  test("have a port where a Service leads to one, and tests where there are some", () => {
    const files = {
      ...manifests(),
      "k8s/mcp.yaml": [
        service("tools", "http"),
        workload(
          "Deployment",
          "tools",
          "shop-mcp",
          ", ports: [{ name: http, containerPort: 9000 }], livenessProbe: { httpGet: { path: /live, port: http } }",
        ),
      ].join("---\n"),
      "mcp/Dockerfile": "",
      "mcp/test_tools.py": "",
      "worker/Dockerfile": "",
      "k8s/worker.yaml": workload("Deployment", "worker", "worker"),
    }
    const deployed = discoverDeployed(paths, layout(files))
    expect(deployed?.others).toMatchObject({
      mcp: { service: "tools", port: 9000, health: "/live", hasTests: true },
      worker: { service: undefined, port: undefined, hasTests: false },
    })
    const text = configurationFor("shop", findings(SHOP), deployed)
    expect(parseConfig(text, "cloud-native.yaml").applications).toMatchObject({
      mcp: { path: "mcp", dockerfile: "mcp/Dockerfile", service: "tools", port: 9000, health: "/live" },
      worker: { path: "worker", dockerfile: "worker/Dockerfile" },
    })
    expect(parseConfig(text, "cloud-native.yaml").applications.worker?.port).toBeUndefined()
    expect(unknowns(findings(SHOP), deployed)).toContain("worker has no tests")
    expect(unknowns(findings(SHOP), deployed)).not.toContain("mcp has no tests")
  })

  test("are of the applications' generation, where several have one of the name", () => {
    const files = {
      "phase-4/worker/Dockerfile": "",
      "phase-5/worker/Dockerfile": "",
      "phase-5/k8s/all.yaml": [workload("Deployment", "api", "backend"), workload("Deployment", "w", "worker")].join(
        "---\n",
      ),
    }
    const chosen = { backend: "phase-5/backend", frontend: "phase-5/frontend" }
    expect(discoverDeployed(chosen, layout(files))?.others).toMatchObject({ worker: { path: "phase-5/worker" } })
  })
})

describe("the repository's Helm charts", () => {
  const paths = { backend: "server", frontend: "client" }
  const secret = (data: string) => `kind: Secret\nmetadata: { name: api }\ndata:\n${data}\n`

  test("are those that are deployed by themselves", () => {
    const found = discoverCharts(
      layout({
        "charts/api/Chart.yaml": "name: api",
        "charts/common/Chart.yaml": "type: library",
        "charts/shop/Chart.yaml": "dependencies: [{ name: web, repository: file://../web }]",
        "charts/shop/charts/cache/Chart.yaml": "name: cache",
        "charts/web/Chart.yaml": "name: web",
        "examples/chart/Chart.yaml": "name: example",
        "other/Chart.yaml": "name: {{ not yaml",
      }),
    )
    expect(found.map(({ path }) => path)).toEqual(["charts/api", "charts/shop", "other"])
  })

  test.each([
    [
      "an entry that is a value",
      "  DATABASE_URL: {{ .Values.secrets.databaseUrl | b64enc | quote }}",
      { "secrets.databaseUrl": "DATABASE_URL" },
    ],
    ["an entry in quotes", '  jwt-secret: "{{ .Values.jwtSecret }}"', { jwtSecret: "JWT_SECRET" }],
    [
      "a value that is required",
      '  apiKey: {{ required "a key" .Values.openai.apiKey }}',
      { "openai.apiKey": "API_KEY" },
    ],
    [
      "a text with a password in it",
      "  URL: postgres://{{ .Values.db.user }}:{{ .Values.db.password }}@db",
      { "db.password": "DB_PASSWORD" },
    ],
    [
      "a loop over all secrets",
      "  {{- range $key, $value := .Values.secrets }}\n  {{ $key }}: {{ $value | b64enc }}\n  {{- end }}",
      { "secrets.databaseUrl": "DATABASE_URL", "secrets.JWT_SECRET": "JWT_SECRET" },
    ],
    ["a text of its own", "  MODE: cHJvZA==", {}],
  ])("make their Secrets of values: %s", (_, data, secretValues) => {
    const files = {
      "chart/Chart.yaml": "name: api",
      "chart/values.yaml": "secrets: { databaseUrl: '', JWT_SECRET: '', of: [{ value: '' }] }\nmode: prod\n",
      "chart/templates/secret.yaml": `kind: ConfigMap\ndata:\n  MODE: {{ .Values.mode }}\n---\n${secret(data)}`,
    }
    expect(discoverCharts(layout(files)).map(chart => chart.secretValues)).toEqual([secretValues])
  })

  test("make their Secrets of the values of charts that they bring, which the values above may hold", () => {
    const files = {
      "shop/Chart.yaml": "dependencies: [{ name: db, alias: database }, { name: web, repository: file://../web }]",
      "shop/values.yaml": "api: { secrets: { OPENAI_API_KEY: '' } }\n",
      "shop/charts/api/Chart.yaml": "name: api",
      "shop/charts/api/values.yaml": "secrets: { JWT_SECRET: '' }\n",
      "shop/charts/api/templates/secret.yaml": secret(
        "  {{- range $key, $value := .Values.secrets }}\n  {{ $key }}: {{ $value }}\n  {{- end }}",
      ),
      "shop/charts/db/Chart.yaml": "name: db",
      "shop/charts/db/templates/secret.yaml": secret("  PASSWORD: {{ .Values.auth.password }}"),
      "web/Chart.yaml": "name: web",
      "web/templates/secret.yaml": secret("  SESSION_SECRET: {{ .Values.global.sessionSecret }}"),
    }
    expect(discoverCharts(layout(files))).toEqual([
      {
        path: "shop",
        secretValues: {
          "api.secrets.JWT_SECRET": "JWT_SECRET",
          "api.secrets.OPENAI_API_KEY": "OPENAI_API_KEY",
          "database.auth.password": "PASSWORD",
          "global.sessionSecret": "SESSION_SECRET",
        },
      },
    ])
  })

  const runs = (path: string, image: string, secretValues = {}) => ({
    chart: { path, secretValues },
    manifests: parseManifests([
      {
        name: `${path}/templates/app.yaml (rendered)`,
        text: `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: app }\nspec:\n  selector: { matchLabels: { app: ${path} } }\n  template:\n    metadata: { labels: { app: ${path} } }\n    spec: { containers: [{ name: c, image: "${image}" }] }\n---\napiVersion: v1\nkind: Service\nmetadata: { name: ${path.split("/").at(-1)} }\nspec: { selector: { app: ${path} }, ports: [{ port: 80, targetPort: 8080 }] }\n`,
      },
    ]),
  })

  test("stand in the config in place of manifests, without those that run neither application", () => {
    const charts = [
      runs("charts/api", "shop-server:latest", { "secrets.databaseUrl": "DATABASE_URL" }),
      runs("charts/web", "client:latest"),
      runs("charts/grafana", "grafana/grafana:12"),
    ]
    const deployed = discoverInCharts(paths, charts, layout({}))
    expect(parseConfig(configurationFor("shop", findings(SHOP), deployed), "cloud-native.yaml")).toMatchObject({
      charts: [
        { path: "charts/api", release: "api", secretValues: { "secrets.databaseUrl": "DATABASE_URL" } },
        { path: "charts/web", release: "web", secretValues: {} },
      ],
      manifests: undefined,
      backend: { service: "api" },
      frontend: { service: "web" },
    })
    expect(deployed).toMatchObject({ secretKeys: ["DATABASE_URL"] })
    expect(unknowns(findings(SHOP), discoverInCharts(paths, [runs("charts/api", "server")], layout({})))).toContain(
      "no container in charts/api was found to run the frontend: write image: frontend in its own",
    )
  })

  test("are those beside the applications, where several generations have some", () => {
    const chosen = { backend: "phase-5/server", frontend: "phase-5/client" }
    const charts = [runs("phase-4/chart", "server"), runs("phase-5/chart", "server")]
    const deployed = discoverInCharts(chosen, charts, layout({}))
    expect(deployed?.place).toEqual({ charts: [{ path: "phase-5/chart", secretValues: {} }], folder: undefined })
  })

  const budget = (name: string, app: string) =>
    `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: ${name} }\nspec: { selector: { matchLabels: { app: ${app} } } }\n`
  const ingress = (to: string) =>
    `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: entry }\nspec: { defaultBackend: { service: { name: ${to}, port: { number: 80 } } } }\n`
  const config = (name: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { API: "http://api.shop:80/v1" }\n`

  test.each<[string, Record<string, string>, string | undefined]>([
    ["that select the charts' pods", { "k8s/pdb.yaml": budget("b", "charts/api") }, "k8s"],
    ["that lead to the charts' Services", { "deploy/base/ingress.yaml": ingress("web") }, "deploy/base"],
    ["that hold an address of one", { "k8s/a.yaml": config("other"), "k8s/b/c.yaml": config("more") }, "k8s"],
    ["that run an application which no chart runs", { "k8s/w.yaml": workload("Deployment", "w", "ui") }, "k8s"],
    [
      "that run what a chart runs, too",
      { "k8s/a.yaml": workload("Deployment", "api", "server") + `---\n${config("c")}` },
      undefined,
    ],
    ["of something else", { "monitoring/g.yaml": workload("Deployment", "grafana", "web/grafana:12") }, undefined],
    ["in two folders", { "k8s/a.yaml": config("a"), "infra/b.yaml": config("b") }, undefined],
    ["at the root, among other files", { "settings.yaml": config("a") }, undefined],
    ["of an example", { "examples/k8s/a.yaml": config("a") }, undefined],
  ])("come with the manifests %s", (_, files, folder) => {
    const isBoth = !("k8s/w.yaml" in files)
    const charts = [runs("charts/api", "server"), ...(isBoth ? [runs("charts/web", "client")] : [])]
    expect(discoverInCharts(paths, charts, layout(files))?.place.folder).toBe(folder)
  })

  test("stand beside a folder of manifests in the config", () => {
    const files = layout({ "k8s/pdb.yaml": budget("b", "charts/api") })
    const text = configurationFor(
      "shop",
      findings(SHOP),
      discoverInCharts(paths, [runs("charts/api", "server")], files),
    )
    expect(parseConfig(text, "cloud-native.yaml")).toMatchObject({ manifests: "k8s", charts: [{ path: "charts/api" }] })
  })

  const GENERATIONS = {
    "phase-2/server/requirements.txt": "fastapi\n",
    "phase-2/worker/Dockerfile": "",
    "phase-3/server/requirements.txt": "fastapi\n",
    "phase-3/client/package.json": next(),
    "phase-2/k8s/server.yaml": workload("Deployment", "server", "server:2"),
  }
  const phase3 = { backend: "phase-3/server", frontend: "phase-3/client" }

  test("are none of another generation, neither in its folder nor in one that is called like it", () => {
    for (const path of ["phase-2/chart", "charts/phase-2"])
      expect(discoverInCharts(phase3, [runs(path, "server")], layout(GENERATIONS)), path).toBeUndefined()
    expect(discoverDeployed(phase3, layout(GENERATIONS))).toBeUndefined()
  })

  test("count elsewhere for what none beside the applications runs", () => {
    const charts = [runs("phase-3/api", "server"), runs("charts/web", "client"), runs("charts/api", "server")]
    const deployed = discoverInCharts(phase3, charts, layout(GENERATIONS))
    expect(deployed?.place.charts.map(({ path }) => path)).toEqual(["phase-3/api", "charts/web"])
  })

  test("of a neighbour run none of the two, but may run an application of its own", () => {
    const files = {
      "services/api/requirements.txt": "fastapi\n",
      "services/mail/requirements.txt": "fastapi\n",
      "services/mail/Dockerfile": "",
    }
    const two = { backend: "services/api", frontend: "web" }
    expect(discoverInCharts(two, [runs("services/mail/chart", "shop-api")], layout(files))).toBeUndefined()
    const charts = [runs("services/api/chart", "shop-api"), runs("services/mail/chart", "shop-mail")]
    expect(discoverInCharts(two, charts, layout(files))).toMatchObject({
      place: { charts: [{ path: "services/api/chart" }, { path: "services/mail/chart" }] },
      others: { mail: { path: "services/mail" } },
    })
  })

  test("are listed with the manifests that are left out, each with the reason", () => {
    const files = layout({
      ...GENERATIONS,
      "k8s/api.yaml": workload("Deployment", "api", "server:1"),
      "monitoring/grafana.yaml": workload("Deployment", "grafana", "grafana/grafana:12"),
    })
    const rendered = [runs("charts/api", "server"), runs("charts/redis", "redis:8")]
    const place = discoverInCharts(phase3, rendered, files)?.place
    const discovered = ["charts/api", "charts/redis", "phase-2/chart"]
    expect(notTaken(phase3, discovered, rendered, files, place)).toEqual([
      "charts/redis is left out: a chart of none of the applications",
      "phase-2/chart is left out: a chart of another generation",
      "phase-2/k8s is left out: manifests of another generation",
      "k8s is left out: manifests of backend",
      "monitoring is left out: manifests of none of the applications",
    ])
  })

  test("are said to be unknown where Helm cannot render them, but for those of another generation", () => {
    const files = layout(GENERATIONS)
    const refused = { chart: { path: "charts/api", secretValues: {} }, manifests: [], refusal: "a key is required" }
    const said = notTaken(phase3, ["charts/api", "phase-2/chart"], [refused], files)
    expect(said).toContain(
      "charts/api may run the applications, and Helm cannot render it: a key is required; correct that, or name the chart in charts with the values that it needs",
    )
    expect(said).toContain("phase-2/chart is left out: a chart of another generation")
    expect(said.filter(text => text.startsWith("charts/api"))).toHaveLength(1)
  })

  test("keep the secret values that stand in an object, and lose the others alone", () => {
    const secretValues = { "secrets.databaseUrl": "DATABASE_URL", "old.password": "OLD_PASSWORD" }
    const manifests = parseManifests([
      {
        name: "secret.yaml",
        text: `apiVersion: v1\nkind: Secret\nmetadata: { name: api }\ndata: { url: ${Buffer.from(markOf("DATABASE_URL")).toString("base64")} }\n`,
      },
    ])
    expect(withUsedValues({ path: "charts/api", secretValues }, manifests)).toEqual({
      path: "charts/api",
      secretValues: { "secrets.databaseUrl": "DATABASE_URL" },
    })
  })

  test("are those of other applications too, whose Dockerfiles the repository has", () => {
    const charts = [
      runs("charts/api", "shop-server:latest"),
      runs("charts/mcp", "shop-mcp-server:latest"),
      runs("charts/redis", "redis:8"),
    ]
    const files = layout({ "mcp-server/Dockerfile": "", "mcp-server/test_tools.py": "" })
    const deployed = discoverInCharts(paths, charts, files)
    expect(deployed?.backend.images.map(({ image }) => image)).toEqual(["shop-server:latest"])
    expect(parseConfig(configurationFor("shop", findings(SHOP), deployed), "cloud-native.yaml")).toMatchObject({
      charts: [{ path: "charts/api" }, { path: "charts/mcp" }],
      applications: {
        "mcp-server": { path: "mcp-server", dockerfile: "mcp-server/Dockerfile", service: "mcp", port: 8080 },
      },
    })
  })

  test("are none where none runs an application", () => {
    expect(discoverInCharts(paths, [runs("charts/grafana", "grafana/grafana:12")], layout({}))).toBeUndefined()
  })
})

describe("cloud-native.yaml", () => {
  const text = configurationFor("shop", findings(SHOP))
  test("is valid, and says what was found", () => {
    expect(parseConfig(text, "cloud-native.yaml")).toMatchObject({
      name: "shop",
      backend: { path: "services/api", dockerfile: "services/api/Dockerfile", port: 9000, health: "/healthz" },
      frontend: { path: "web", health: "/" },
      ephemeral: { services: ["postgres"], random: ["STRIPE_API_KEY", "BETTER_AUTH_SECRET"] },
    })
  })
  test.each<[string, Record<string, string>, string]>([
    [
      ".env.example",
      { ".env.example": 'DATABASE_URL="postgresql+asyncpg://u@db/x"\n', "a.py": '"postgresql+psycopg://"' },
      "+asyncpg",
    ],
    ["the code", { "app/settings.py": 'url: str = "postgresql+asyncpg://localhost/x"\n' }, "+asyncpg"],
    ["code that takes it off", { "a.py": 'url.replace("postgresql+psycopg2://", "postgresql://")\n' }, "+psycopg2"],
    ["code that adds it itself", { "a.py": 'url.replace("postgresql://", "postgresql+asyncpg://")\n' }, ""],
    ["code that takes Heroku's too", { "a.py": 'url.replace("postgres://", "postgresql+asyncpg://")\n' }, "+asyncpg"],
    [
      "an example without",
      { ".env.example": "DATABASE_URL=postgresql://db/x\n", "a.py": '"postgresql+asyncpg://"' },
      "",
    ],
    ["no word of it", { "a.py": 'create_engine(os.environ["DATABASE_URL"])\n' }, ""],
    ["another application", { "../web/.env.example": "DATABASE_URL=postgresql+asyncpg://db/x\n" }, ""],
  ])("has the backend's address of the database with the driver of %s", (_, files, driver) => {
    const shop = layout({
      "api/requirements.txt": "fastapi\nasyncpg\n",
      "api/test_a.py": "",
      "web/package.json": next({ dependencies: { next: "16.0.0", pg: "8.0.0" } }),
      "web/a.test.ts": "",
      ...Object.fromEntries(Object.entries(files).map(([path, text]) => [join("api", path), text])),
    })
    const plain = "postgresql://app@postgres:5432/app"
    const own = plain.replace("postgresql", `postgresql${driver}`)
    expect(parseConfig(configurationFor("shop", findings(shop, "api")), "cloud-native.yaml")).toMatchObject({
      backend: { test: { env: { DATABASE_URL: own } } },
      frontend: { test: { env: { DATABASE_URL: plain } } },
      ephemeral: { secrets: { BACKEND_DATABASE_URL: own, FRONTEND_DATABASE_URL: plain } },
    })
  })
  test("lists what could not be found", () => {
    expect(unknowns(findings(SHOP))).toEqual([
      "the frontend has no health route: the probes ask /; add app/api/health/route.ts",
      "the frontend has no tests",
      "Prisma makes the frontend's tables, and no Job was written: the image needs its command for a Job; run it in the Dockerfile's image, or bundle a migrate.ts",
    ])
    for (const line of unknowns(findings(SHOP))) expect(text).toContain(`# - ${line}`)
  })
})

describe("the manifests", () => {
  const names = readdirSync(join(TEMPLATES, "k8s")).filter(name => name.endsWith(".yaml"))
  const adapted = names.flatMap(name => {
    const text = adaptManifest(`k8s/${name}`, withoutTasks(template(`k8s/${name}`)), findings(SHOP))
    return text === undefined ? [] : [{ name, text }]
  })
  test("pass every check for the ports and routes that were found", () => {
    const apps = {
      backend: { service: "backend", port: 9000, health: "/healthz" },
      frontend: { service: "frontend", port: 3000, health: "/" },
    }
    expect(checkManifests(parseManifests(adapted), apps)).toEqual([])
  })
  test("give each application its own secrets, and the migration that it has", () => {
    const text = adapted.map(file => file.text).join("---\n")
    expect(text).toMatch(
      /- name: STRIPE_API_KEY\n +valueFrom:\n +secretKeyRef:\n +name: app-secrets\n +key: STRIPE_API_KEY\n/,
    )
    expect(text).toContain("command: [alembic, upgrade, head]")
    expect(text).not.toContain("name: frontend-migration")
    expect(text).not.toContain("?check=database")
  })
  test("have no migration where there is none, in the overlays neither", () => {
    const plain = layout({ "api/requirements.txt": "fastapi\n", "web/package.json": next() })
    const found = findings(plain, "api")
    const overlay = "k8s/overlays/production/kustomization.yaml"
    expect(adaptManifest("k8s/migration.yaml", template("k8s/migration.yaml"), found)).toBeUndefined()
    expect(adaptManifest(overlay, template(overlay), found)).not.toContain("migration")
    expect(adaptManifest("k8s/deployment.yaml", template("k8s/deployment.yaml"), found)).not.toContain("secretKeyRef")
  })
})

describe("the Dockerfiles", () => {
  test("install by the package manager of the repository", () => {
    const text = adaptFrontend(withoutTasks(template("docker/frontend.dockerfile")), findings(SHOP).frontend, SHOP)
    expect(text).toContain(
      [
        "RUN npm install --global --force --no-audit --no-fund --loglevel=error pnpm@10.34.9",
        "COPY package.json pnpm-lock.yaml .npmrc ./",
        "COPY prisma prisma",
        "RUN --mount=type=cache,target=/root/.local/share/pnpm/store pnpm install --frozen-lockfile",
      ].join("\n"),
    )
  })
  test.each<[string, Record<string, string>, string[]]>([
    ["a file alone", { ".yarnrc.yml": "" }, ["COPY package.json package-lock.json* .yarnrc.yml ./"]],
    [
      "a file and a folder of its name",
      { "prisma.config.ts": "", "prisma/schema.prisma": "", "prisma/migrations/1.sql": "" },
      ["COPY package.json package-lock.json* prisma.config.ts ./", "COPY prisma prisma"],
    ],
    [
      "a schema elsewhere",
      { "prisma.config.ts": "", "db/schema.prisma": "" },
      ["COPY package.json package-lock.json* prisma.config.ts ./", "COPY db/schema.prisma db/schema.prisma"],
    ],
    [
      "a folder in a folder",
      { ".yarn/releases/yarn.cjs": "", ".yarn/patches/a.patch": "", "src/patches/b.patch": "" },
      ["COPY package.json package-lock.json* ./", "COPY .yarn .yarn", "COPY src/patches src/patches"],
    ],
    [
      "settings of every manager",
      { ".pnpmfile.cjs": "", ".yarnrc": "", "bunfig.toml": "", "pnpm-workspace.yaml": "" },
      ["COPY package.json package-lock.json* .pnpmfile.cjs .yarnrc bunfig.toml pnpm-workspace.yaml ./"],
    ],
    [
      "nothing of what it does not read",
      { "prisma-notes.md": "", "app/page.tsx": "", ".nvmrc": "" },
      ["COPY package.json package-lock.json* ./"],
    ],
    [
      "everything where it runs the repository's own code",
      { "package.json": next({ scripts: { postinstall: "node scripts/icons.mjs" } }), ".npmrc": "" },
      ["COPY package.json package-lock.json* ./", "COPY . ."],
    ],
    [
      "no more for a script that runs no own code",
      { "package.json": next({ scripts: { postinstall: "prisma generate" } }), "prisma/schema.prisma": "" },
      ["COPY package.json package-lock.json* ./", "COPY prisma prisma"],
    ],
  ])("copy before the installation what it reads: %s", (_, files, lines) => {
    const web = Object.fromEntries(Object.entries(files).map(([path, text]) => [`web/${path}`, text]))
    const own = layout({ "web/package.json": next(), "yarn/prisma/schema.prisma": "", ...web })
    const text = adaptFrontend(template("docker/frontend.dockerfile"), discover("frontend", "web", own), own)
    const [, before] = /WORKDIR \/app\n([^]*?)RUN --mount/.exec(text)!
    const [taken, ...copies] = before!.trim().split("\n")
    expect(taken).toMatch(/^# .* the versions that the gate ran with/)
    expect(copies).toEqual(lines)
  })
  test("start the application that was found", () => {
    const text = adaptBackend(withoutTasks(template("docker/backend.dockerfile")), findings(SHOP).backend, SHOP)
    for (const line of [
      "COPY shop shop",
      "COPY alembic alembic",
      "COPY alembic.ini ./",
      "COPY --from=build /app/shop shop",
      "EXPOSE 9000",
      'CMD ["uvicorn", "shop.main:api", "--host", "0.0.0.0", "--port", "9000"]',
    ])
      expect(text.split("\n")).toContain(line)
    expect(text).not.toContain("migrations")
  })
  test("install requirements alone by pip's format", () => {
    const plain = layout({ "api/requirements.txt": "fastapi\n", "api/main.py": "app = FastAPI()\n" })
    const text = adaptBackend(template("docker/backend.dockerfile"), discover("backend", "api", plain), plain)
    expect(text).toContain(
      [
        "COPY requirements.txt cloud-native.constraints.txt* ./",
        "RUN --mount=type=cache,target=/root/.cache/uv \\",
        "    touch cloud-native.constraints.txt \\",
        "    && uv venv .venv \\",
        "    && uv pip install --python .venv --requirement requirements.txt --constraint cloud-native.constraints.txt \\",
      ].join("\n"),
    )
    expect(text).toContain('CMD ["uvicorn", "main:app"')
    expect(text).toContain("COPY main.py ./")
  })
  test("copy by paths from the context that the configuration has", () => {
    const plain = layout({
      "api/requirements.txt": "fastapi\n",
      "api/main.py": "app = FastAPI()\n",
      "api/alembic.ini": "",
    })
    const found = { ...discover("backend", "api", plain), context: "." }
    const text = adaptBackend(template("docker/backend.dockerfile"), found, plain)
    for (const line of [
      "COPY api/requirements.txt api/cloud-native.constraints.txt* ./",
      "COPY api/main.py ./",
      "COPY api/alembic.ini ./",
      "COPY --from=build /app/main.py ./",
    ])
      expect(text.split("\n")).toContain(line)
  })
  test.each([
    ["base", "base"],
    ["production", "production"],
  ])("install a folder of requirements, which may name each other: %s", (name, installed) => {
    const own = layout({
      "api/requirements/base.txt": "fastapi\nasyncpg\n",
      [`api/requirements/${name}.txt`]: "fastapi\nasyncpg\n",
      "api/requirements/dev.txt": "-r base.txt\n",
      "api/main.py": "app = FastAPI()\n",
    })
    const found = discover("backend", "api", own)
    expect(found.database).toBe(true)
    const text = adaptBackend(template("docker/backend.dockerfile"), found, own)
    expect(text).toContain("COPY requirements cloud-native.constraints.txt* requirements/\n")
    expect(text).toContain(
      `--requirement requirements/${installed}.txt --constraint requirements/cloud-native.constraints.txt`,
    )
  })
  test.each([
    ["poetry.lock", "poetry install --no-interaction --only main --no-root", "poetry=="],
    ["pdm.lock", "pdm sync --prod --no-self", "pdm=="],
  ])("install what %s says, by its own tool", (lockfile, command, tool) => {
    const own = layout({ "api/pyproject.toml": "", [`api/${lockfile}`]: "", "api/main.py": "app = FastAPI()\n" })
    const text = adaptBackend(template("docker/backend.dockerfile"), discover("backend", "api", own), own)
    for (const part of [command, tool, `COPY pyproject.toml ${lockfile} ./`]) expect(text).toContain(part)
    expect(text).not.toContain("uv sync")
  })
  test.each([
    ["poetry", "poetry.lock", "poetry install --no-interaction --only main --no-root"],
    ["pdm", "pdm.lock", "pdm install --prod --no-self"],
  ])("install without a lockfile by %s what the tests ran on", (tool, lockfile, command) => {
    const own = layout({ "api/pyproject.toml": `[tool.${tool}]\n`, "api/main.py": "app = FastAPI()\n" })
    const text = adaptBackend(template("docker/backend.dockerfile"), discover("backend", "api", own), own)
    for (const part of [command, `COPY pyproject.toml ${lockfile}* ./`]) expect(text).toContain(part)
  })
  test("install by requirements that stand beside a manifest of poetry without a lockfile, as the gate does", () => {
    const own = layout({ "api/pyproject.toml": "[tool.poetry]\n", "api/requirements.txt": "fastapi\n" })
    const text = adaptBackend(template("docker/backend.dockerfile"), discover("backend", "api", own), own)
    expect(text).toContain("--requirement requirements.txt")
    expect(text).not.toContain("poetry install")
  })
  test("leave out no module and no folder, but tests and the files of tools", () => {
    const flat = layout({
      "api/requirements.txt": "fastapi\n",
      "api/main.py": "app = FastAPI()\n",
      "api/dice.py": "",
      "api/routers/rolls.py": "",
      "api/templates/mail.html": "",
      "api/settings.yaml": "",
      "api/tests/test_dice.py": "",
      "api/test_main.py": "",
      "api/docker-compose.yml": "",
      "api/.env.example": "",
    })
    const text = adaptBackend(template("docker/backend.dockerfile"), discover("backend", "api", flat), flat)
    for (const line of [
      "COPY dice.py main.py ./",
      "COPY routers routers",
      "RUN python3.13 -m compileall -q dice.py main.py routers",
      "COPY settings.yaml ./",
      "COPY templates templates",
      "COPY --from=build /app/dice.py /app/main.py ./",
      "COPY --from=build /app/routers routers",
    ])
      expect(text.split("\n")).toContain(line)
    expect(text).not.toMatch(/test|compose|\.env\.example/)
  })
})

test.each(
  readdirSync(TEMPLATES, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name)),
)("%s reaches other repositories without this one's tasks", path => {
  expect(withoutTasks(readFileSync(path, "utf8"))).not.toMatch(/T-\d/)
})
