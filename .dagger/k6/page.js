// What a browser fetches for a page. Knows nothing of k6, so that the unit tests run it.

/** @typedef {{ url: string, kind: "script" | "style" | "other" }} PageFile */

const TAGS = /<(script|link|img|video|style|base)\b((?:[^>"']|"[^"]*"|'[^']*')*)>/gi
const ATTRIBUTES = /([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g
/** As Next.js names chunks to its own scripts, less the basePath or assetPrefix in front. */
const NEXT = /\/_next\/static\/[\w\-./~%@+()[\]]+\.(?:js|css)/g
/** What ends an address in a script. */
const DELIMITER = /[\s"'`\\=(),;[\]{}<>|]/
/** Relations of a link that a browser fetches at once. */
const FETCHED = ["stylesheet", "preload", "modulepreload", "icon", "apple-touch-icon", "mask-icon", "manifest"]
const ENTITIES = { amp: "&", quot: '"', lt: "<", gt: ">", apos: "'", "#38": "&", "#39": "'", "#x26": "&", "#x27": "'" }

/**
 * The files of the page's own origin that its HTML names: scripts, styles, icons, images, preloads, and what Next.js names in its
 * inline scripts. Media that a browser may leave alone is left out. `elsewhere`: the other origins that have files of its build.
 * @param {string} html
 * @param {string} page its address
 * @returns {{ files: PageFile[], elsewhere: string[] }}
 */
export function filesOfPage(html, page) {
  const text = html.replace(/<!--[\s\S]*?-->|<noscript[\s\S]*?<\/noscript>/gi, "")
  const files = []
  let base = page
  let end = 0
  for (const { 0: tag, 1: name, 2: rest, index } of text.matchAll(TAGS)) {
    // What looks like a tag in a script is none.
    if (index < end) continue
    const attributes = attributesOf(rest)
    const content = /script|style/i.test(name) ? contentAfter(text, index + tag.length, name) : ""
    end = index + tag.length + content.length
    const add = (address, kind = "other") => address && files.push({ url: resolve(address, base), kind })
    switch (name.toLowerCase()) {
      case "base":
        base = resolve(attributes.href ?? "", page) ?? base
        break
      case "script":
        // Browsers that know modules leave these alone.
        if (!("nomodule" in attributes)) add(attributes.src, "script")
        if (!attributes.src) for (const address of chunksIn(content)) add(address)
        break
      case "link":
        addLink(attributes, add)
        break
      case "style":
        files.push(...filesOfStyle(content, base))
        break
      default:
        add(attributes.src && name.toLowerCase() === "img" ? attributes.src : attributes.poster)
    }
  }
  return { files: ofOrigin(files, page), elsewhere: originsElsewhere(files, page) }
}

/** The addresses of Next.js's chunks in a script, each from its beginning. */
function chunksIn(script) {
  return [...script.matchAll(NEXT)].map(({ 0: path, index }) => {
    let begin = index
    while (begin > 0 && !DELIMITER.test(script[begin - 1])) begin--
    return script.slice(begin, index) + path
  })
}

/**
 * The files of its own origin that a style names: fonts, images, other styles.
 * @param {string} css
 * @param {string} style its address
 * @returns {PageFile[]}
 */
export function filesOfStyle(css, style) {
  const text = css.replace(/\/\*[\s\S]*?\*\//g, "")
  const imports = [...text.matchAll(/@import\s+(?:url\(\s*)?["']?([^"')\s;]+)/gi)].map(([, address]) => address)
  const named = [...text.matchAll(/url\(\s*(?:"([^"]*)"|'([^']*)'|([^"')\s]+))\s*\)/gi)].map(
    ([, double, single, bare]) => double ?? single ?? bare,
  )
  const files = [...imports, ...named].map(address => ({
    url: resolve(address, style),
    kind: imports.includes(address) ? "style" : "other",
  }))
  return ofOrigin(files, style)
}

function addLink({ rel = "", href, as: destination }, add) {
  const relations = rel.toLowerCase().split(/\s+/)
  if (!relations.some(relation => FETCHED.includes(relation))) return
  const isStyle = relations.includes("stylesheet") || destination === "style"
  const isScript = relations.includes("modulepreload") || destination === "script"
  add(href, isStyle ? "style" : isScript ? "script" : "other")
}

function attributesOf(text) {
  return Object.fromEntries(
    [...text.matchAll(ATTRIBUTES)].map(([, name, double, single, bare]) => [
      name.toLowerCase(),
      decode((double ?? single ?? bare ?? "").trim()),
    ]),
  )
}

function decode(text) {
  return text.replace(/&(#?\w+);/g, (whole, name) => ENTITIES[name.toLowerCase()] ?? whole)
}

function contentAfter(text, begin, name) {
  const end = new RegExp(`</${name}`, "gi")
  end.lastIndex = begin
  return text.slice(begin, end.exec(text)?.index)
}

/** Each once, without those of other origins and those that are no addresses (data:). */
function ofOrigin(files, page) {
  const origin = originOf(page)
  const found = new Map()
  for (const file of files)
    if (file.url && originOf(file.url) === origin && !found.has(file.url)) found.set(file.url, file)
  return [...found.values()]
}

/** The origins to which an assetPrefix leads. */
function originsElsewhere(files, page) {
  const built = files.filter(({ url }) => url && pathOf(url).includes("/_next/static/"))
  return [...new Set(built.map(({ url }) => originOf(url)))].filter(origin => origin !== originOf(page)).sort()
}

/** The address that a text means in a document; k6 has no URL. Undefined for data:, blob:, and a mere fragment. */
function resolve(text, document) {
  const address = text.trim().split("#")[0]
  if (address === "") return undefined
  if (/^https?:\/\//i.test(address)) return address
  if (/^[a-z][\w+.-]*:/i.test(address)) return undefined
  const origin = originOf(document)
  if (address.startsWith("//")) return origin.split("//")[0] + address
  const folder = pathOf(document).replace(/[^/]*$/, "")
  const [path, ...query] = (address.startsWith("/") ? address : folder + address).split("?")
  return origin + withoutDots(path) + (query.length > 0 ? `?${query.join("?")}` : "")
}

/**
 * The scheme, host and port of an address, in small letters.
 * @param {string} url
 */
export function originOf(url) {
  return /^https?:\/\/[^/?#]+/i.exec(url)?.[0].toLowerCase() ?? ""
}

function pathOf(url) {
  return url.slice(originOf(url).length).split(/[?#]/)[0] || "/"
}

function withoutDots(path) {
  const kept = []
  for (const part of path.split("/")) {
    if (part === "..") kept.length > 1 && kept.pop()
    else if (part !== ".") kept.push(part)
  }
  return kept.join("/")
}
