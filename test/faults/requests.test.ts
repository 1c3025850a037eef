// What the monitor's requests decide: a migration that breaks what runs, a text that changes, a page's files, a sign-in, a rate limit.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { afterAll, beforeAll, expect, test } from "vitest"

import { errorOf, ROOT } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"
import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { measure, momentsOf } from "./measure.ts"
import { Namespace } from "./namespace.ts"

const MIGRATION = "print('nothing to migrate')"
let lab: Lab

beforeAll(async () => {
  lab = await temporaryLab({ name: `requests-${process.pid}` })
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
})

/** A minimal source whose frontend answers by this handler, of `request`, `body` and `response`; with more of the config. */
function answering(handler: string, config = ""): Source {
  const source = Source.minimal()
  source.write("cloud-native.yaml", readFileSync(join(source.path, "cloud-native.yaml"), "utf8") + config)
  return source.write(
    "web/main.mjs",
    `import { createServer } from "node:http"
let count = 0
let broken = false
const server = createServer((request, response) => {
  let body = ""
  request.on("data", data => (body += data)).on("end", () => { ${handler} })
}).listen(3000)
process.on("SIGTERM", () => server.close())
`,
  )
}

/** A frontend whose start page has a script that no other build has; protected as init's Dockerfile and manifests do it. */
function paged(build: string, isProtected: boolean): Source {
  const source = Source.minimal()
    .write(
      "web/main.mjs",
      `import { readdirSync } from "node:fs"
import { createServer } from "node:http"
const script = "/_next/static/" + readdirSync("/app/.next/static")[0]
const page = "<!doctype html><script src=" + script + "></script>"
const server = createServer((request, response) => request.resume().on("end", () => {
  const answer = { "/health": "ok", "/": page, [script]: "1" }[request.url]
  if (request.url === "/") response.setHeader("Content-Type", "text/html; charset=utf-8")
  response.writeHead(answer ? 200 : 404).end(answer)
})).listen(3000)
process.on("SIGTERM", () => server.close())
`,
    )
    .write(
      "docker/web.dockerfile",
      `FROM node:20-alpine AS build
WORKDIR /app
COPY main.mjs ${isProtected ? "static-files.cjs " : ""}./
COPY main.mjs .next/static/app-${build}.js

FROM node:20-alpine
COPY --from=build /app /app
USER 10001:10001
CMD ["node", ${isProtected ? '"--require", "/app/static-files.cjs", ' : ""}"/app/main.mjs"]
`,
    )
  const requests = "{ name: the start page, to: frontend, path: /, expect: { status: 200 } }"
  const config = readFileSync(join(source.path, "cloud-native.yaml"), "utf8")
  source.write("cloud-native.yaml", `${config}monitor:\n  requests:\n    - ${requests}\n`)
  const selector = "  selector: { matchLabels: { app: frontend } }\n"
  source.edit("k8s/app.yaml", selector, `${selector}  replicas: 2\n`)
  if (!isProtected) return source
  const image = "          image: frontend\n"
  return source
    .write("web/static-files.cjs", readFileSync(join(ROOT, ".dagger/templates/frontend/static-files.cjs"), "utf8"))
    .edit("k8s/app.yaml", image, `${image}          env: [{ name: STATIC_FILES_PEERS, value: frontend-peers }]\n`)
    .write(
      "k8s/peers.yaml",
      `apiVersion: v1
kind: Service
metadata:
  name: frontend-peers
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: { app: frontend }
  ports: [{ port: 3000 }]
`,
    )
}

/** A config whose monitor expects a text of the frontend's page. */
const expecting = (text: string) => `monitor:
  requests:
    - { name: the page, to: frontend, path: /, expect: { status: 200, contains: ${text} } }
`

test.concurrent("9: a migration that breaks what runs ends the deployment before any pod is changed", async context => {
  const namespace = await Namespace.create(lab, "breaking-migration")
  const source = answering(
    'broken ||= request.url === "/break"; response.statusCode = broken ? 503 : 200; response.end("ok")',
  )
  const first = await namespace.deploy(source).ended
  expect(first.exitCode, first.stderr).toBe(0)
  const before = await namespace.running()
  const call =
    "import urllib.request, urllib.error\\ntry: urllib.request.urlopen('http://frontend:3000/break')\\nexcept urllib.error.HTTPError: pass"
  const second = namespace.deploy(source.edit("k8s/app.yaml", `"${MIGRATION}"`, `"${call}"`))
  const moments = momentsOf(second, "migrate: migrate-")
  const ended = await second.ended
  expect(ended.exitCode, ended.stderr).toBe(1)
  expect(errorOf(ended)).toMatch(
    /AVAILABILITY_FAILED: requests began to fail while migrate-\w+ ran: the migration broke the running release/,
  )
  for (const text of ["status 503", "no pod was changed", "add in one release"]) expect(errorOf(ended)).toContain(text)
  expect(await namespace.running()).toEqual(before)
  expect(await namespace.leftovers()).toBe("")
  measure(context, { code: "AVAILABILITY_FAILED", since: "migration", ...(await moments) })
})

test.concurrent(
  "8: two builds at once, each pod with its own files: pages without their scripts fail the deployment",
  async context => {
    const namespace = await Namespace.create(lab, "two-builds")
    const first = await namespace.deploy(paged("a", false)).ended
    expect(first.exitCode, first.stderr).toBe(0)
    expect(first.stdout).toMatch(/FILES OF PAGE.*\nthe start page +[1-9]\d* +0 +0 +0$/m)
    const before = await namespace.running()
    const second = namespace.deploy(paged("b", false))
    const moments = momentsOf(second, "apply: ")
    const ended = await second.ended
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(errorOf(ended)).toMatch(/AVAILABILITY_FAILED: \d+ of \d+ requests for pages' files failed/)
    for (const text of ["/_next/static/app-a.js", "404, of the page as it was before", "two builds", "rolled back to"])
      expect(errorOf(ended)).toContain(text)
    expect(await namespace.running()).toEqual(before)
    measure(context, { code: "AVAILABILITY_FAILED", since: "apply", ...(await moments) })
  },
)

test.concurrent(
  "8: two builds at once, each pod with the files of both: every file is answered, also of the page before",
  async () => {
    const namespace = await Namespace.create(lab, "two-builds-protected")
    const first = await namespace.deploy(paged("a", true)).ended
    expect(first.exitCode, first.stderr).toBe(0)
    const second = await namespace.deploy(paged("b", true)).ended
    expect(second.exitCode, second.stderr).toBe(0)
    expect(second.stdout).toContain("100.000 %")
    expect(second.stdout).toMatch(/FILES OF PAGE.*\nthe start page +[1-9]\d* +0 +[1-9]\d* +0$/m)
  },
)

test.concurrent("9: a rollback is judged by what the release that it restores promised", async () => {
  const namespace = await Namespace.create(lab, "changed-text")
  const first = await namespace.deploy(answering('response.end("an old text")', expecting("old"))).ended
  expect(first.exitCode, first.stderr).toBe(0)
  const before = await namespace.running()
  const changed = answering('response.end("a new text")', expecting("new"))
  const second = await namespace.deploy(changed).ended
  expect(second.exitCode, second.stderr).toBe(0)
  expect(second.stdout).toMatch(/100\.000 % answered as expected, from before the first change/)
  const back = await namespace.call(changed, "rollback").ended
  expect(back.exitCode, back.stderr).toBe(0)
  expect(back.stdout).toContain("100.000 %")
  expect(await namespace.running()).toEqual(before)
})

test.concurrent(
  "6: a form signs in, its token goes with requests; a rate limit is told, and fails nothing",
  async () => {
    const namespace = await Namespace.create(lab, "signed-in")
    await namespace.kubectl("create", "secret", "generic", "app-secrets", "--from-literal=PASSWORD=right")
    const source = answering(
      `if (request.url === "/token") return response.end(new URLSearchParams(body).get("password") === "right" ? '{"access_token":"t1"}' : "{}")
     if (request.url === "/me") response.statusCode = request.headers.authorization === "Bearer t1" ? 200 : 401
     if (request.url === "/limited" && ++count > 10) response.writeHead(429, { "Retry-After": "60" })
     response.end("ok")`,
      `monitor:
  secrets: [PASSWORD]
  signIn:
    - name: log in
      to: frontend
      method: POST
      path: /token
      form: { username: me, password: "\${PASSWORD}" }
      expect: { status: 200 }
      capture: { token: access_token }
  requests:
    - { name: the user, to: frontend, path: /me, signedIn: true, headers: { Authorization: "Bearer \${token}" }, expect: { status: 200 } }
    - { name: the limited, to: frontend, path: /limited, expect: { status: 200 } }
`,
    )
    const ended = await namespace.deploy(source).ended
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toContain("100.000 %")
    expect(ended.stdout).toMatch(/warning: \d+ requests were refused by the application's rate limit/)
  },
)
