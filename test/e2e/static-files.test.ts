// static-files.cjs, which init writes for the frontend: two real servers of different builds, at addresses of their own.
import { type ChildProcess, spawn } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, expect, test } from "vitest"

const SCRIPT = join(import.meta.dirname, "../../.dagger/templates/frontend/static-files.cjs")
const folder = mkdtempSync(join(tmpdir(), "cloud-native-static-files-"))
const pods: Pod[] = []
let port: number
let addresses = 2

/** Stands for the cluster's DNS: the addresses in a file. */
const DNS = `const { readFileSync } = require("node:fs")
const { Resolver } = require("node:dns").promises
Resolver.prototype.resolve4 = async () => JSON.parse(readFileSync(${JSON.stringify(join(folder, "peers.json"))}, "utf8"))
Resolver.prototype.resolve6 = () => Promise.reject(new Error("ENODATA"))
`

/** A server as Next.js is one: it answers its own build's file, and says what it was asked. */
const SERVER = `const { readdirSync } = require("node:fs")
const [address, port, basePath] = process.argv.slice(2)
const own = basePath + "/_next/static/" + readdirSync(".next/static")[0]
require("node:http").createServer((request, response) => {
  console.log(request.url)
  if (request.url.split("?")[0] !== own) return response.writeHead(404).end("no such page")
  response.writeHead(200, { "Content-Type": "text/javascript", "Cache-Control": "public, max-age=31536000, immutable" })
  response.end("of " + own)
}).listen(port, address, () => console.log("listening"))
`

interface Pod {
  address: string
  file: string
  child: ChildProcess
  /** What its server was asked, that is what the script passed on. */
  asked: string[]
}

interface Options {
  env?: Record<string, string>
  /** Of next.config, as the build writes it down; unset: it does not. */
  config?: { basePath: string; assetPrefix: string }
}

/** Start a pod of a build. */
async function start(build: string, options: Options = {}): Promise<Pod> {
  const { env = { STATIC_FILES_PEERS: "peers" }, config } = options
  const address = `127.0.0.${addresses++}`
  const own = join(folder, address)
  mkdirSync(join(own, ".next/static"), { recursive: true })
  writeFileSync(join(own, ".next/static", `${build}.js`), build)
  if (config) writeFileSync(join(own, ".next/required-server-files.json"), JSON.stringify({ config }))
  writeFileSync(join(own, "server.cjs"), SERVER)
  writeFileSync(join(own, "dns.cjs"), DNS)
  copyFileSync(SCRIPT, join(own, "static-files.cjs"))
  const basePath = config?.basePath ?? ""
  const server = ["server.cjs", address, `${port}`, basePath]
  const args = ["--require", "./dns.cjs", "--require", "./static-files.cjs", ...server]
  const child = spawn(process.execPath, args, { cwd: own, env, stdio: ["ignore", "pipe", "inherit"] })
  const pod: Pod = { address, file: `${basePath}/_next/static/${build}.js`, child, asked: [] }
  pods.push(pod)
  await new Promise<void>((resolve, reject) => {
    child.on("exit", code => reject(new Error(`the server ended with ${code}`)))
    child.stdout.on("data", (data: Buffer) => {
      const lines = data.toString().trim().split("\n")
      pod.asked.push(...lines.filter(line => line !== "listening"))
      if (lines.includes("listening")) resolve()
    })
  })
  return pod
}

async function stop({ child }: Pod): Promise<void> {
  child.removeAllListeners("exit")
  const ended = new Promise(resolve => child.on("exit", resolve))
  child.kill("SIGKILL")
  await ended
}

function publish(...named: (Pod | string)[]): void {
  const peers = named.map(each => (typeof each === "string" ? each : each.address))
  writeFileSync(join(folder, "peers.json"), JSON.stringify(peers))
}

interface Answer {
  status: number
  headers: Record<string, unknown>
  body: string
}

/** Ask without changing the path, as a client could that is no browser. */
function ask({ address }: Pod, path: string, headers = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: address, port, path, method, headers, agent: false }, response => {
      let body = ""
      response.on("data", data => (body += data))
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }))
    })
    sent.on("error", reject).end()
  })
}

const PEER = { "x-static-files-peer": "1" }

beforeAll(async () => {
  // A port that is free at every address of the loopback.
  port = await new Promise<number>(resolve => {
    const server = createServer().listen(0, () => {
      const { port: free } = server.address() as { port: number }
      server.close(() => resolve(free))
    })
  })
  publish()
})

afterAll(async () => {
  await Promise.all(pods.filter(({ child }) => child.exitCode === null && !child.killed).map(stop))
  rmSync(folder, { recursive: true })
})

test("two builds: each pod serves the files of both, and keeps them when the other is gone", async () => {
  const old = await start("old")
  publish(old)
  const young = await start("young")
  publish(old, young)
  for (const [pod, path] of [
    [old, young.file],
    [young, old.file],
    [young, `${old.file}?dpl=1`],
    [old, old.file],
  ] as const)
    expect(await ask(pod, path), path).toMatchObject({
      status: 200,
      headers: { "content-type": "text/javascript", "cache-control": "public, max-age=31536000, immutable" },
      body: `of ${path.split("?")[0]}`,
    })
  expect(await ask(young, old.file, {}, "HEAD")).toMatchObject({ status: 200, body: "" })

  await stop(old)
  publish(young)
  expect(await ask(young, old.file)).toMatchObject({ status: 200, body: `of ${old.file}` })
  // Also to a pod that never met one of that build.
  const third = await start("third")
  publish(young, third)
  await expect.poll(async () => (await ask(third, old.file, PEER)).status).toBe(200)
})

test("a new pod copies what its peers have without being asked for it", async () => {
  const old = await start("left")
  publish(old)
  const young = await start("came")
  await expect.poll(async () => (await ask(young, old.file, PEER)).status).toBe(200)
  await stop(old)
  expect(await ask(young, old.file)).toMatchObject({ status: 200, body: `of ${old.file}` })
})

test("a pod that the DNS names late is waited for", async () => {
  const old = await start("early")
  const young = await start("late")
  publish(old)
  const asking = ask(old, young.file)
  setTimeout(() => publish(old, young), 700)
  expect((await asking).status).toBe(200)
})

test(
  "a new pod that the DNS does not name tells its peers its address, and is believed by its signature",
  { timeout: 30_000 },
  async () => {
    const env = { STATIC_FILES_PEERS: "peers", BETTER_AUTH_SECRET: "the same in both" }
    const old = await start("known", { env })
    publish(old)
    const young = await start("told", { env })
    expect((await ask(old, young.file)).status).toBe(200)

    const stranger = await start("stranger", { env: { ...env, BETTER_AUTH_SECRET: "another" } })
    const unsigned = await start("unsigned")
    const answers = await Promise.all([stranger, unsigned].map(({ file }) => ask(old, file)))
    expect(answers.map(({ status }) => status)).toEqual([404, 404])
  },
)

test("peers that are down, or have no such file: the server's own answer, in time", { timeout: 30_000 }, async () => {
  const pod = await start("alone")
  publish(pod, "127.0.0.250")
  const begun = Date.now()
  expect(await ask(pod, "/_next/static/none.js")).toMatchObject({ status: 404, body: "no such page" })
  expect(Date.now() - begun).toBeLessThan(6000)
})

test("a peer's request is passed on to nobody, and what is no static file to the server at once", async () => {
  const [one, other] = [await start("one"), await start("other")]
  publish(one, other)
  expect((await ask(one, "/_next/static/none.js", PEER)).status).toBe(404)
  const paths = ["/", "/_next/static/../secret", "/_next/static/%2e%2e/secret", "/_next/static/%zz", "/_next/static//x"]
  for (const path of paths) expect(await ask(one, path), path).toMatchObject({ status: 404, body: "no such page" })
  expect(await ask(one, other.file, {}, "POST")).toMatchObject({ status: 404, body: "no such page" })
  // The other copies the file of this one when it finds the time.
  const asked = () => one.asked.filter(path => path !== one.file)
  await expect.poll(asked).toEqual([...paths, other.file])
  expect(other.asked.filter(path => path !== other.file)).toEqual([])
})

test.each([
  ["a basePath", { basePath: "/shop", assetPrefix: "/shop" }, ["/shop"], ["", "/other"]],
  ["an assetPrefix that is a path", { basePath: "", assetPrefix: "/assets/" }, ["", "/assets"], ["/other"]],
  [
    "a basePath, and the path of a CDN",
    { basePath: "/shop", assetPrefix: "https://cdn.example.com/assets" },
    ["/shop", "/assets"],
    ["", "/other"],
  ],
  ["the root, where the CDN has no path", { basePath: "", assetPrefix: "https://cdn.example.com" }, [""], ["/other"]],
])("below %s", async (name, config, served, others) => {
  const old = await start(`old-${name.length}`, { config })
  publish(old)
  const young = await start(`young-${name.length}`, { config })
  publish(old, young)
  const file = old.file.slice(config.basePath.length)
  for (const path of served)
    expect(await ask(young, path + file), path).toMatchObject({ status: 200, body: `of ${old.file}` })
  for (const path of others)
    expect(await ask(young, path + file), path).toMatchObject({ status: 404, body: "no such page" })
})

test("without the Service's name, it does nothing", async () => {
  const [plain, other] = [await start("plain", { env: {} }), await start("another")]
  publish(plain, other)
  expect(await ask(plain, other.file)).toMatchObject({ status: 404, body: "no such page" })
  expect((await ask(other, plain.file)).status).toBe(200)
})
