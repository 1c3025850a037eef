// Runs in k6, in the cluster: the requests of the config's handshake, in order, once.
// Prints one line a step, as JSON; the module reads them from the Job's log.
import { b64decode, b64encode } from "k6/encoding"
import exec from "k6/execution"
import http from "k6/http"

const scenario = JSON.parse(open("/scenario/scenario.json"))

export const options = { vus: 1, iterations: 1, maxRedirects: 0, throw: false }

export default function () {
  const values = { ...scenario.values }
  for (const step of scenario.steps) {
    const problem = perform(step, values)
    console.log(JSON.stringify({ step: step.name, problem }))
    if (problem) exec.test.abort(step.name)
  }
}

/** Send one request and check its answer; an empty string means that all was as expected. */
function perform(step, values) {
  const body = step.json === undefined ? null : JSON.stringify(fill(step.json, values))
  const headers = { ...(body && { "Content-Type": "application/json" }), ...fill(step.headers, values) }
  const answer = http.request(step.method, fill(step.url, values), body, { headers, timeout: "10s" })
  if (answer.status === 0) return `no answer: ${answer.error}`
  keepSecureCookies(answer)
  if (answer.status !== step.expect.status) return `status ${answer.status} instead of ${step.expect.status}: ${excerpt(answer)}`
  if (step.expect.contains && !answer.body.includes(fill(step.expect.contains, values))) {
    return `the body lacks ${JSON.stringify(step.expect.contains)}: ${excerpt(answer)}`
  }
  if (step.expect.json !== undefined && !matches(parsed(answer), fill(step.expect.json, values))) {
    return `the body is not like ${JSON.stringify(step.expect.json)}: ${excerpt(answer)}`
  }
  for (const [name, path] of Object.entries(step.capture)) {
    const value = path.split(".").reduce((inner, key) => inner?.[key], parsed(answer))
    if (value === undefined || value === null) return `the body has no ${path} to keep as ${name}`
    values[name] = String(value)
  }
  return ""
}

/** Users come by HTTPS, the requests from inside the cluster do not: cookies for HTTPS alone are sent all the same. */
function keepSecureCookies({ url, cookies }) {
  const secure = Object.values(cookies).flat().filter(cookie => cookie.secure)
  for (const { name, value, path, max_age } of secure) http.cookieJar().set(url, name, value, { path, max_age })
}

/** Replace ${name} and ${name|mutation} in every string of a value. */
function fill(value, values) {
  if (typeof value === "string") {
    return value.replace(/\$\{(\w+)(?:\|(\w+))?\}/g, (_, name, mutation) => (mutation ? MUTATIONS[mutation](values[name]) : values[name]))
  }
  if (Array.isArray(value)) return value.map(item => fill(item, values))
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, values)]))
  return value
}

/** JSON Web Tokens that a backend must refuse, made of a good one. */
const MUTATIONS = {
  forged: token => {
    const [header, payload, signature] = token.split(".")
    const first = signature[0] === "A" ? "B" : "A"
    return [header, payload, first + signature.slice(1)].join(".")
  },
  expired: token => {
    const [header, payload, signature] = token.split(".")
    return [header, encode({ ...decode(payload), exp: 1 }), signature].join(".")
  },
  unsigned: token => {
    const [header, payload] = token.split(".")
    return [encode({ ...decode(header), alg: "none" }), payload, ""].join(".")
  },
}

const decode = part => JSON.parse(b64decode(part, "rawurl", "s"))
const encode = value => b64encode(JSON.stringify(value), "rawurl")

/** Whether a value has all that a pattern has; arrays: some element for each of the pattern's. */
function matches(value, pattern) {
  if (Array.isArray(pattern)) return Array.isArray(value) && pattern.every(wanted => value.some(item => matches(item, wanted)))
  if (pattern && typeof pattern === "object") {
    return Boolean(value) && typeof value === "object" && Object.keys(pattern).every(key => matches(value[key], pattern[key]))
  }
  return value === pattern
}

function parsed(answer) {
  try {
    return JSON.parse(answer.body)
  } catch {
    return undefined
  }
}

const excerpt = answer => String(answer.body).slice(0, 300)
