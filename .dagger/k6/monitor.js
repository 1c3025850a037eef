// Runs in k6, in the cluster, for as long as a deployment does: the monitor's requests at an even rate, whether they are
// answered in time or not, on new connections and on kept ones. What became of each is written down at once, as JSON in
// one line; the module reads them from the Job's log. Their numbers tell it which are still under way.
import exec from "k6/execution"
import http from "k6/http"

import { capture, keepSecureCookies, problemOf, send } from "./requests.js"

const scenario = JSON.parse(open("/scenario/scenario.json"))
const values = { ...scenario.values, ...Object.fromEntries(scenario.secrets.map(key => [key, __ENV[key] ?? ""])) }

/** Seconds that a user waits for an answer. */
const TIMEOUT = 5

/**
 * Users take turns, and as many as may be waiting at once are there from the start: k6 would make another one only after it
 * had left out a request for lack of it. `turn`: seconds after which each has its next turn.
 */
const paced = (name, turn) => ({
  executor: "constant-arrival-rate",
  rate: scenario.rate,
  timeUnit: "1s",
  duration: `${scenario.seconds}s`,
  preAllocatedVUs: Math.min(turn * scenario.rate, 100),
  exec: name,
})

export const options = {
  // A connection that is kept has to be used again before the application closes it: Node.js and uvicorn do after 5 s.
  scenarios: { fresh: paced("fresh", TIMEOUT), kept: paced("kept", 4) },
  maxRedirects: 0,
  throw: false,
  setupTimeout: "60s",
}

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

function probe(connection, session, headers) {
  const number = exec.scenario.iterationInTest
  const request = scenario.requests[number % scenario.requests.length]
  const sentAt = Date.now()
  const problem = perform(request, session, headers)
  console.log(JSON.stringify([connection, number, sentAt, Date.now() - sentAt, ...(problem ? [problem] : [])]))
}

function perform(request, session, headers) {
  if (!request.signedIn)
    return problemOf(
      send(request, values, { timeout: `${TIMEOUT}s`, headers, jar: new http.CookieJar() }),
      request.expect,
      values,
    )?.kind
  if (session.problem) return session.problem
  const params = {
    timeout: `${TIMEOUT}s`,
    headers: { ...headers, Cookie: session.cookies[request.url] },
    jar: new http.CookieJar(),
  }
  return problemOf(send(request, values, params), request.expect, values)?.kind
}
