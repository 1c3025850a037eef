// Shared by the scripts that run in k6: making requests of the config's texts, and judging the answers.
import { sleep } from "k6"
import { b64decode, b64encode } from "k6/encoding"
import http from "k6/http"

import { unanswered } from "./no-answer.js"
import { pauseAfter } from "./patience.js"
import { isExpectedStatus } from "./status.js"

/** Send one request; `jar` keeps the cookies, as a browser does. k6 sends an object as a form. */
export function send(request, values, params = {}) {
  const json = request.json === undefined ? null : JSON.stringify(fill(request.json, values))
  const body = request.form ? fill(request.form, values) : json
  const headers = {
    ...(json && { "Content-Type": "application/json" }),
    ...fill(request.headers, values),
    ...params.headers,
  }
  return http.request(request.method, fill(request.url, values), body, { ...params, headers })
}

/** Perform a step, again for a while where a limit refuses it or its answer `mayPass`; what is wrong, undefined if nothing is. */
export function perform(step, values, mayPass) {
  const begun = Date.now()
  for (;;) {
    const answer = send(step, values, { timeout: "10s" })
    if (answer.status !== 0) keepSecureCookies(answer)
    const problem = problemOf(answer, step.expect, values)
    if (!problem) {
      const path = capture(step, answer, values)
      return path && { failure: { kind: "value-missing", path }, detail: `the body has no ${path} to keep` }
    }
    const pause = pauseAfter(answer, (Date.now() - begun) / 1000, mayPass)
    if (pause === undefined) return problem
    sleep(pause)
  }
}

/** What is wrong with an answer: the failure as data, and the detail for a person; undefined if nothing is. */
export function problemOf(answer, expected, values) {
  if (answer.status === 0) return { failure: unanswered(answer), detail: `no answer: ${answer.error}` }
  if (!isExpectedStatus(answer.status, expected)) {
    return {
      failure: answer.status === 429 ? { kind: "rate-limited" } : { kind: "status", status: answer.status },
      detail: `status ${answer.status} instead of ${expected.status ?? "200 to 399"}: ${excerpt(answer)}`,
    }
  }
  const wrong = detail => ({ failure: { kind: "wrong-body" }, detail: `${detail}: ${excerpt(answer)}` })
  if (expected.contains && !String(answer.body).includes(fill(expected.contains, values)))
    return wrong(`the body does not contain ${JSON.stringify(expected.contains)}`)
  if (expected.json !== undefined && !matches(parsed(answer), fill(expected.json, values)))
    return wrong(`the body does not match ${JSON.stringify(expected.json)}`)
  return undefined
}

/** Users come by HTTPS, the requests from inside the cluster do not: cookies for HTTPS alone are sent all the same. */
function keepSecureCookies({ url, cookies }) {
  const secure = Object.values(cookies)
    .flat()
    .filter(cookie => cookie.secure)
  for (const { name, value, path, max_age } of secure) http.cookieJar().set(url, name, value, { path, max_age })
}

/** Replace ${name} and ${name|mutation} in every string of a value. */
function fill(value, values) {
  if (typeof value === "string") {
    return value.replace(/\$\{(\w+)(?:\|(\w+))?\}/g, (_, name, mutation) =>
      mutation ? MUTATIONS[mutation](values[name]) : values[name],
    )
  }
  if (Array.isArray(value)) return value.map(item => fill(item, values))
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, values)]))
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
  if (Array.isArray(pattern))
    return Array.isArray(value) && pattern.every(wanted => value.some(item => matches(item, wanted)))
  if (pattern && typeof pattern === "object") {
    return (
      Boolean(value) &&
      typeof value === "object" &&
      Object.keys(pattern).every(key => matches(value[key], pattern[key]))
    )
  }
  return value === pattern
}

/** Keep what a step captures of its answer among the values; the path of what is missing, if anything is. */
function capture(step, answer, values) {
  for (const [name, path] of Object.entries(step.capture)) {
    const value = path.split(".").reduce((inner, key) => inner?.[key], parsed(answer))
    if (value === undefined || value === null) return path
    values[name] = String(value)
  }
  return undefined
}

function parsed(answer) {
  try {
    return JSON.parse(answer.body)
  } catch {
    return undefined
  }
}

const excerpt = answer => String(answer.body).slice(0, 300)
