// Runs in k6, in the cluster, for as long as a deployment does: sends each of the monitor's requests at an even rate, whether or
// not they are answered in time, on new and on kept connections. Each result is written at once, as one line of JSON; the
// module reads them from the Job's log. Numbers show which requests are still in flight.
import { sleep } from "k6"
import exec from "k6/execution"
import http from "k6/http"

import { capture, keepSecureCookies, problemOf, retryAfter, send } from "./requests.js"

const scenario = JSON.parse(open("/scenario/scenario.json"))
const secrets = Object.fromEntries(scenario.secrets.map(key => [key, __ENV[key] ?? ""]))

/** Seconds that a user waits for an answer. */
const TIMEOUT = 5
/** Seconds that a step of the sign-in is repeated for, while the network opens or a rate limit passes. */
const PATIENCE = 20
/** k6 users of one kind of connection, at most. */
const USERS = 100

const CONNECTIONS = {
  new: { turn: TIMEOUT, headers: { Connection: "close" } },
  // A connection that is kept has to be used again before the application closes it: Node.js and uvicorn do after 5 s.
  kept: { turn: 4, headers: {} },
}
const total = scenario.requests.reduce((sum, { rate }) => sum + rate, 0)
const streams = Object.fromEntries(
  scenario.requests.flatMap((_, index) =>
    Object.keys(CONNECTIONS).map(connection => [`${connection}-${index}`, { connection, index }]),
  ),
)

/**
 * A request's users take turns, and as many as may be waiting at once are there from the start: k6 would make another one only
 * after it had left out a request for lack of it. The requests begin one after the other, so that they do not come in bursts.
 */
function paced({ connection, index }) {
  const { rate } = scenario.requests[index]
  const { turn } = CONNECTIONS[connection]
  return {
    executor: "constant-arrival-rate",
    rate: 1,
    timeUnit: `${Math.round(1e6 / rate)}us`,
    startTime: `${Math.round((1000 * index) / scenario.requests.length / rate)}ms`,
    duration: `${scenario.seconds}s`,
    preAllocatedVUs: Math.ceil(Math.max(1, (rate / total) * Math.min(turn * total, USERS))),
    exec: "probe",
  }
}

export const options = {
  scenarios: Object.fromEntries(Object.entries(streams).map(([name, stream]) => [name, paced(stream)])),
  maxRedirects: 0,
  throw: false,
  setupTimeout: "180s",
}

/** Sign in once, in the way of the first version that works: what is signed in then sends these cookies and values. */
export function setup() {
  let failure
  for (const steps of scenario.signIns) {
    const session = signIn(steps)
    if (!session.failure) return session
    failure ??= session.failure
  }
  return { failure, cookies: {}, values: secrets }
}

function signIn(steps) {
  const values = { ...secrets }
  for (const step of steps) {
    const cause = perform(step, values)
    if (cause) return { failure: { kind: "sign-in", step: step.name, cause } }
  }
  return { values, cookies: Object.fromEntries(scenario.requests.map(({ url }) => [url, cookieHeader(url)])) }
}

/** Perform one step; undefined means that all was as expected. */
function perform(step, values) {
  const deadline = Date.now() + PATIENCE * 1000
  for (;;) {
    const answer = send(step, values, { timeout: "10s" })
    if (answer.status !== 0) keepSecureCookies(answer)
    const problem = problemOf(answer, step.expect, values)
    const missing = problem ? undefined : capture(step, answer, values)
    if (!problem) return missing && { kind: "value-missing", path: missing }
    const pause = problem.failure.kind === "rate-limited" ? retryAfter(answer) : 1
    const mayPass = answer.status === 0 || answer.status === 429 || answer.status >= 500
    if (!mayPass || Date.now() + pause * 1000 > deadline) return problem.failure
    sleep(pause)
  }
}

function cookieHeader(url) {
  const cookies = Object.entries(http.cookieJar().cookiesForURL(url))
  return cookies.map(([name, [value]]) => `${name}=${value}`).join("; ")
}

/** Each user of k6 has its own: requests that a rate limit refuses are left out until it admits them again. */
let limitedUntil = 0

export function probe(session) {
  const { connection, index } = streams[exec.scenario.name]
  const number = exec.scenario.iterationInTest
  const sentAt = Date.now()
  const failures = failuresOf(scenario.requests[index], session, CONNECTIONS[connection].headers)
  const line = [connection, index, number, sentAt, Date.now() - sentAt, ...(failures.some(Boolean) ? [failures] : [])]
  console.log(JSON.stringify(line))
}

/** What is wrong with the answer, for each version that promises one. */
function failuresOf(request, session, headers) {
  const each = failure => request.expect.map(expected => expected && failure)
  if (Date.now() < limitedUntil) return each({ kind: "rate-limited" })
  if (request.signedIn && session.failure) return each(session.failure)
  const values = request.signedIn ? session.values : secrets
  const cookies = request.signedIn ? session.cookies[request.url] : ""
  const answer = send(request, values, {
    timeout: `${TIMEOUT}s`,
    headers: { ...headers, ...(cookies && { Cookie: cookies }) },
    jar: new http.CookieJar(),
  })
  const failures = request.expect.map(expected => (expected && problemOf(answer, expected, values)?.failure) ?? null)
  if (failures.some(failure => failure?.kind === "rate-limited")) limitedUntil = Date.now() + retryAfter(answer) * 1000
  return failures
}
