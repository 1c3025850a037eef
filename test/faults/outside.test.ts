// The way in from outside: a proxy with TLS in front of the application, and what only its users would see.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { afterAll, beforeAll, expect, test } from "vitest"

import { errorOf } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"
import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { TlsProxy } from "../target/tls-proxy.ts"
import { measure, momentsOf } from "./measure.ts"
import { Namespace } from "./namespace.ts"

let lab: Lab

beforeAll(async () => {
  lab = await temporaryLab({ name: `outside-${process.pid}` })
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
})

/**
 * A version of a minimal source whose page is for those who have signed in, by a cookie for HTTPS alone. The proxy redirects the
 * page's path to another one.
 */
function version(name: string, namespace: Namespace, trust = "caConfigMap: company-ca"): Source {
  const source = Source.minimal()
  const config = readFileSync(join(source.path, "cloud-native.yaml"), "utf8")
  return source
    .write(
      "cloud-native.yaml",
      `${config}publicUrl: ${TlsProxy.urlIn(namespace.name)}
monitor:
  outside: true
  ${trust}
  signIn:
    - { name: log in, to: frontend, method: POST, path: /login, expect: { status: 200 } }
  requests:
    - { name: the page, to: frontend, path: /old, signedIn: true, expect: { status: 200, contains: signed in } }
    - { name: the health, to: frontend, path: /health, expect: { status: 200 } }
`,
    )
    .write(
      "web/main.mjs",
      `// ${name}
import { createServer } from "node:http"
const server = createServer((request, response) => request.resume().on("end", () => {
  if (request.url === "/login") response.setHeader("Set-Cookie", "session=1; Path=/; HttpOnly; Secure")
  const isPage = request.url === "/old" || request.url === "/new"
  const isKnown = String(request.headers.cookie).includes("session=1")
  response.writeHead(isPage && !isKnown ? 401 : 200).end(isPage && isKnown ? "signed in" : "ok")
})).listen(3000)
process.on("SIGTERM", () => server.close())
`,
    )
}

test.concurrent(
  "8: through a proxy with TLS, redirects and cookies, users notice nothing; the way from outside is counted apart",
  async () => {
    const namespace = await Namespace.create(lab, "outside")
    const proxy = await TlsProxy.prepare(lab, namespace.name)
    const first = await namespace.deploy(version("first", namespace)).ended
    expect(first.exitCode, first.stderr).toBe(0)
    expect(first.stdout).not.toContain("from outside")
    await proxy.start("service")
    const second = await namespace.deploy(version("second", namespace)).ended
    expect(second.exitCode, second.stderr).toBe(0)
    expect(second.stdout).toMatch(/100\.000 % answered as expected, from before the first change/)
    expect(second.stdout).toMatch(/100\.000 % answered as expected, from outside, .* \([1-9]\d* sent, 0 failed\)/)
    expect(second.stdout).toMatch(/^the page, from outside +new +[1-9]\d* +0$/m)
  },
)

test.concurrent(
  "8: a proxy goes on sending requests to a pod that has ended: only users from outside would notice",
  async context => {
    const namespace = await Namespace.create(lab, "outside-late")
    const proxy = await TlsProxy.prepare(lab, namespace.name)
    const first = await namespace.deploy(version("first", namespace)).ended
    expect(first.exitCode, first.stderr).toBe(0)
    await proxy.start("pods")
    const before = await namespace.running()
    const second = namespace.deploy(version("second", namespace))
    const moments = momentsOf(second, "apply: ")
    // The rollback is not to fail of it as well.
    const repaired = second.said(": failed: ").then(() => proxy.repair())
    const [ended] = await Promise.all([second.ended, repaired])
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(errorOf(ended)).toMatch(
      /AVAILABILITY_FAILED: \d+\.\d+ % of the requests from outside were answered as expected, not 100 %; inside the cluster, all were/,
    )
    expect(errorOf(ended)).toMatch(/\b0 of [1-9]\d* requests failed/)
    expect(errorOf(ended)).toMatch(/[1-9]\d* × (status 50[24]|timeout)/)
    for (const text of ["the page, from outside", "preStop: sleep above its interval", "rolled back to"])
      expect(errorOf(ended)).toContain(text)
    expect(await namespace.running()).toEqual(before)
    expect(await namespace.leftovers()).toBe("")
    measure(context, { code: "AVAILABILITY_FAILED", since: "apply", ...(await moments) })
  },
)

test.concurrent(
  "8: the monitor does not know the authority of the certificate outside: said before any pod is changed",
  async context => {
    const namespace = await Namespace.create(lab, "outside-untrusted")
    const proxy = await TlsProxy.prepare(lab, namespace.name)
    const first = await namespace.deploy(version("first", namespace, "")).ended
    expect(first.exitCode, first.stderr).toBe(0)
    await proxy.start("service")
    const before = await namespace.running()
    const second = namespace.deploy(version("second", namespace, ""))
    const moments = momentsOf(second, "monitor: ")
    const ended = await second.ended
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(errorOf(ended)).toContain(`MONITOR_FAILED: the monitor does not trust ${TlsProxy.urlIn(namespace.name)}`)
    for (const text of ["certificate of an unknown authority", "monitor.caConfigMap"])
      expect(errorOf(ended)).toContain(text)
    expect(await namespace.running()).toEqual(before)
    expect(await namespace.leftovers()).toBe("")
    // A ConfigMap that is not there is known before the build.
    const missing = await namespace.deploy(version("third", namespace, "caConfigMap: not-there")).ended
    expect(errorOf(missing)).toMatch(/SECRETS_MISSING[^]*the ConfigMap not-there .* does not exist/)
    measure(context, { code: "MONITOR_FAILED", since: "request", ...(await moments) })
  },
)
