// Runs in k6, in the cluster, for as long as a deployment does: the monitor's requests at an even rate, whether they are
// answered in time or not, on new connections and on kept ones. Users share no memory: each writes down every couple of
// seconds what it has sent, as JSON in one line; the module reads them from the Job's log.
import exec from "k6/execution"
import http from "k6/http"

import { capture, keepSecureCookies, problemOf, send } from "./requests.js"

const scenario = JSON.parse(open("/scenario/scenario.json"))
const values = { ...scenario.values, ...Object.fromEntries(scenario.secrets.map(key => [key, __ENV[key] ?? ""])) }

const TIMEOUT = "5s"
/** Milliseconds between two lines of one user. */
const FLUSH = 3000

const paced = name => ({
  executor: "constant-arrival-rate",
  rate: scenario.rate,
  timeUnit: "1s",
  duration: `${scenario.seconds}s`,
  preAllocatedVUs: 20,
  maxVUs: 100,
  exec: name,
})

export const options = { scenarios: { fresh: paced("fresh"), kept: paced("kept") }, maxRedirects: 0, throw: false, setupTimeout: "60s" }

/** Sign in, once for all; what is signed in then sends these cookies. */
export function setup() {
  for (const step of scenario.signIn) {
    const answer = send(step, values, { timeout: "10s" })
    if (answer.status !== 0) keepSecureCookies(answer)
    const problem = problemOf(answer, step.expect, values)?.kind || capture(step, answer, values)
    if (problem) return { problem: `sign in: ${problem}`, cookies: {} }
  }
  return { cookies: Object.fromEntries(scenario.requests.map(({ url }) => [url, cookieHeader(url)])) }
}

function cookieHeader(url) {
  const cookies = Object.entries(http.cookieJar().cookiesForURL(url))
  return cookies.map(([name, [value]]) => `${name}=${value}`).join("; ")
}

export function fresh(session) {
  probe("new", session, { Connection: "close" })
}

export function kept(session) {
  probe("kept", session, {})
}

let pending = []
let since = 0

function probe(connection, session, headers) {
  const index = exec.scenario.iterationInTest % scenario.requests.length
  const request = scenario.requests[index]
  const sentAt = Date.now()
  const problem = perform(request, session, headers)
  if (pending.length === 0) since = sentAt
  pending.push([sentAt - since, Date.now() - sentAt, index, ...(problem ? [problem] : [])])
  const until = Date.now()
  if (until - since < FLUSH && !problem) return
  console.log(JSON.stringify({ user: exec.vu.idInTest, connection, since, until, sent: pending }))
  pending = []
}

function perform(request, session, headers) {
  if (!request.signedIn) return problemOf(send(request, values, { timeout: TIMEOUT, headers, jar: new http.CookieJar() }), request.expect, values)?.kind
  if (session.problem) return session.problem
  const params = { timeout: TIMEOUT, headers: { ...headers, Cookie: session.cookies[request.url] }, jar: new http.CookieJar() }
  return problemOf(send(request, values, params), request.expect, values)?.kind
}
