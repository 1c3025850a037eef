// Loaded before the server: node --require ./static-files.cjs server.js
//
// A pod has the static files of its own build only. While a release rolls out, two builds answer, and a browser asks any pod for
// the files of either; a page that stays open asks for them long after. So a pod asks its peers for a file that it does not
// have, and copies the files of another build when it sees a pod of it, to serve them when those pods are gone.
// STATIC_FILES_PEERS names the headless Service of the pods; without it, nothing is done. Since the DNS names a new pod late, each
// pod tells its peers its own address, signed with BETTER_AUTH_SECRET, which all of them have; without it, only the DNS counts.
const { createHmac, timingSafeEqual } = require("node:crypto")
const { Resolver } = require("node:dns").promises
const { readdirSync, readFileSync } = require("node:fs")
const http = require("node:http")
const { networkInterfaces } = require("node:os")
const { join, sep } = require("node:path")
const { setTimeout: sleep } = require("node:timers/promises")
const { URL } = require("node:url")

/** Bytes of other builds' files, and milliseconds for which each is kept. */
const MOST = 32 * 2 ** 20
const KEEP = 24 * 3600 * 1000
/** Milliseconds for one answer of a peer, and between two looks for new peers. */
const TIMEOUT = 1500
const INTERVAL = 5000
/** Milliseconds for which a file is looked for: the DNS of a cluster names a new pod 5 s late or more, and a pod starts meanwhile. */
const PATIENCE = 4000
const PAUSE = 500
/** Files that are looked for at once, and peers that are asked for one at once. */
const SEARCHES = 32
const ASKED = 4
/** Milliseconds for which an address counts that a peer told: longer than a DNS keeps an answer. */
const TOLD = 60 * 1000
/** On requests of a peer, which are not passed on to others: its address, and the signature. */
const HEADER = "x-static-files-peer"
/** Of one connection, or of this answer only. */
const HOP = ["connection", "keep-alive", "transfer-encoding", "content-length", "date", "set-cookie"]

/** Below these paths files are asked for; below the first one, pods ask each other. */
const PREFIXES = prefixes()
const [PREFIX] = PREFIXES
const LIST = `${PREFIX}peers.json`
const own = new Set(filesIn(join(__dirname, ".next/static")).map(file => PREFIX + file))

/** By path: headers, body, and until when it is kept. */
const kept = new Map()
let keptBytes = 0

const resolver = new Resolver({ timeout: 1000, tries: 2 })
const { STATIC_FILES_PEERS: name, BETTER_AUTH_SECRET: secret } = process.env
let port
/** What this pod tells its peers of itself. */
let introduction = "1"
let known = []
/** By address that a peer told: until when it counts. */
const told = new Map()
let lookup
const copied = new Set()
const searches = new Map()

if (name) {
  const emit = http.Server.prototype.emit
  http.Server.prototype.emit = function (event, ...args) {
    if (event === "listening" && port === undefined) begin(this.address())
    if (event !== "request") return emit.call(this, event, ...args)
    answer(...args, () => emit.call(this, event, ...args))
    return true
  }
}

/** Answer a request for a file that this build does not have; pass all others to the server. */
function answer(request, response, pass) {
  const path = staticPath(request)
  const isPeer = HEADER in request.headers
  if (isPeer) learn(request.headers[HEADER])
  if (path === undefined || own.has(path)) return pass()
  if (isPeer && path === LIST) return send(request, response, list())
  const file = kept.get(path)
  if (file) return send(request, response, file)
  if (isPeer) return response.writeHead(404).end()
  find(path)
    .then(found => (found ? send(request, response, found) : pass()))
    .catch(() => response.destroy())
}

/** What a GET or HEAD asks for, as a path below PREFIX. */
function staticPath({ method, url }) {
  const prefix = PREFIXES.find(each => url.startsWith(each))
  if ((method !== "GET" && method !== "HEAD") || prefix === undefined) return undefined
  try {
    const path = PREFIX + decodeURIComponent(url.slice(prefix.length).split("?")[0])
    return /\/\.{0,2}(\/|$)|\\/.test(path) ? undefined : path
  } catch {
    return undefined
  }
}

function send({ method }, response, { headers, body }) {
  response.writeHead(200, { ...headers, "content-length": body.length })
  response.end(method === "HEAD" ? undefined : body)
}

/** All that this pod has, and for how many milliseconds a peer may keep it. */
function list() {
  const files = [
    ...[...own].map(path => [path, KEEP]),
    ...[...kept].map(([path, { until }]) => [path, until - Date.now()]),
  ]
  return { headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(files)) }
}

/** A file of another build; undefined where no peer has it. A file that many ask for is looked for once. */
function find(path) {
  if (!searches.has(path)) {
    if (searches.size >= SEARCHES) return Promise.resolve()
    searches.set(
      path,
      search(path)
        .catch(() => undefined)
        .finally(() => searches.delete(path)),
    )
  }
  return searches.get(path)
}

async function search(path) {
  const deadline = Date.now() + PATIENCE
  const without = new Set()
  for (;;) {
    const asked = (await peers()).filter(address => !without.has(address))
    for (let first = 0; first < asked.length; first += ASKED) {
      const asking = asked.slice(first, first + ASKED).map(async address => {
        const { status, ...file } = await ask(address, path)
        if (status !== 200) {
          without.add(address)
          throw new Error(`status ${status}`)
        }
        return keep(path, file, KEEP)
      })
      const found = await Promise.any(asking).catch(() => undefined)
      if (found) return found
    }
    if (Date.now() >= deadline) return undefined
    await sleep(PAUSE, undefined, { ref: false })
  }
}

/** Keep a file for some time; where there are too many, those go first that would have gone first. */
function keep(path, { headers, body }, milliseconds) {
  drop(path)
  const file = { headers, body, until: Date.now() + Math.min(milliseconds, KEEP) }
  kept.set(path, file)
  keptBytes += body.length
  const byEnd = [...kept].sort(([, a], [, b]) => a.until - b.until)
  while (keptBytes > MOST) drop(byEnd.shift()[0])
  return file
}

function drop(path) {
  keptBytes -= kept.get(path)?.body.length ?? 0
  kept.delete(path)
}

async function begin(listening) {
  port = listening?.port
  const address = ownAddress(listening?.address)
  if (secret && address) introduction = `${address} ${signatureOf(address)}`
  for (;;) {
    await copy().catch(() => undefined)
    await sleep(INTERVAL, undefined, { ref: false })
  }
}

/** The address that peers reach this pod at: the one that the server listens at, unless that is all of them. */
function ownAddress(listening) {
  if (listening && !["::", "0.0.0.0"].includes(listening)) return listening
  const addresses = Object.values(networkInterfaces()).flat()
  return addresses.find(({ internal }) => !internal)?.address
}

function signatureOf(address) {
  return createHmac("sha256", secret).update(`static-files ${address}`).digest("hex")
}

/** Take a peer's address from its introduction, where the signature is right: anyone can send the header. */
function learn(text) {
  const [address, signature = ""] = text.split(" ")
  if (!secret) return
  const [given, right] = [Buffer.from(signature), Buffer.from(signatureOf(address))]
  if (given.length === right.length && timingSafeEqual(given, right)) told.set(address, Date.now() + TOLD)
}

/** Copy what new peers have and this pod does not; a peer that does not answer yet is asked again at the next turn. */
async function copy() {
  for (const [path, { until }] of kept) if (until < Date.now()) drop(path)
  const addresses = await peers()
  for (const address of copied) if (!addresses.includes(address)) copied.delete(address)
  // All are asked at once, so that all know of this pod before users do.
  const lists = addresses.filter(each => !copied.has(each)).map(async address => [address, await ask(address, LIST)])
  for (const { value } of await Promise.allSettled(lists)) {
    // It starts, or it goes.
    if (!value) continue
    const [address, list] = value
    try {
      await copyFrom(address, list)
      copied.add(address)
    } catch {
      // It goes.
    }
  }
}

async function copyFrom(address, { status, body }) {
  // An image without this file.
  if (status !== 200) return
  for (const [path, milliseconds] of JSON.parse(body)) {
    if (keptBytes >= MOST || own.has(path) || kept.has(path) || !path.startsWith(PREFIX)) continue
    const file = await ask(address, path)
    if (file.status === 200) keep(path, file, milliseconds)
  }
}

function ask(address, path) {
  return new Promise((resolve, reject) => {
    const options = {
      host: address,
      port,
      path: encodeURI(path),
      headers: { [HEADER]: introduction },
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT),
    }
    const request = http.get(options, response => {
      const chunks = []
      let size = 0
      response.on("data", chunk => {
        chunks.push(chunk)
        size += chunk.length
        if (size > MOST) request.destroy(new Error("too large"))
      })
      response.on("error", reject)
      response.on("end", () => {
        const headers = Object.fromEntries(Object.entries(response.headers).filter(([key]) => !HOP.includes(key)))
        resolve({ status: response.statusCode, headers, body: Buffer.concat(chunks) })
      })
    })
    request.on("error", reject)
  })
}

/** The addresses of the other pods, as the DNS has them now, or the last known where it does not answer, and as they told them. */
function peers() {
  lookup ??= resolvePeers().finally(() => (lookup = undefined))
  return lookup
}

async function resolvePeers() {
  const host = [name, searchDomain()].filter(Boolean).join(".")
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const addresses = answers.flatMap(({ value = [] }) => value)
  if (addresses.length > 0) known = addresses
  for (const [address, until] of told) if (until < Date.now()) told.delete(address)
  const mine = Object.values(networkInterfaces()).flatMap(each => each.map(({ address }) => address))
  return [...new Set([...known, ...told.keys()])].filter(address => !mine.includes(address))
}

/** The namespace's domain: the resolver appends none by itself. */
function searchDomain() {
  try {
    return /^search\s+(\S+)/m.exec(readFileSync("/etc/resolv.conf", "utf8"))?.[1]
  } catch {
    return undefined
  }
}

/** Next.js serves a build's files below its basePath, and below the path of its assetPrefix, where a CDN may ask for them. */
function prefixes() {
  try {
    const { config } = JSON.parse(readFileSync(join(__dirname, ".next/required-server-files.json"), "utf8"))
    const { basePath = "", assetPrefix = "" } = config
    const { pathname } = new URL(assetPrefix, "http://localhost")
    return [...new Set([basePath, pathname.replace(/\/$/, "") || basePath])].map(path => `${path}/_next/static/`)
  } catch {
    return ["/_next/static/"]
  }
}

function filesIn(folder) {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath ?? entry.path, entry.name))
    return files.map(file =>
      file
        .slice(folder.length + 1)
        .split(sep)
        .join("/"),
    )
  } catch {
    return []
  }
}
