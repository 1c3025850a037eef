// Runs in k6, in the cluster, for as long as a deployment does: sends each of the monitor's requests at an even rate, whether or
// not they are answered in time, on new and on kept connections. Each result is written at once, as one line of JSON; the
// module reads them from the Job's log. Numbers show which requests are still in flight.
import { sleep } from "k6"
import exec from "k6/execution"
import http from "k6/http"

import { filesOfPage, filesOfStyle, originOf } from "./page.js"
import { retryAfter } from "./patience.js"
import { perform, problemOf, send } from "./requests.js"
import { isRedirect } from "./status.js"

const scenario = JSON.parse(open("/scenario/scenario.json"))
const secrets = Object.fromEntries(scenario.secrets.map(key => [key, __ENV[key] ?? ""]))

/** Seconds that a user waits for an answer. */
const TIMEOUT = 5
/** Seconds for which a page is asked for at first, while the network opens. */
const OPENING = 5
/** k6 users of one kind of connection, at most, and of one page more, for its files. */
const USERS = 100
const PAGE_USERS = 4
/** Files of a page that are asked for at a time; of more, others each time. */
const FILES = 60
/** Failures of files that one line names. */
const NAMED = 10
/** Redirects that a request from outside follows, as a browser does. */
const REDIRECTS = 10

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
  const { rate, pageEvery } = scenario.requests[index]
  const { turn } = CONNECTIONS[connection]
  return {
    executor: "constant-arrival-rate",
    rate: 1,
    timeUnit: `${Math.round(1e6 / rate)}us`,
    startTime: `${Math.round((1000 * index) / scenario.requests.length / rate)}ms`,
    duration: `${scenario.seconds}s`,
    preAllocatedVUs:
      Math.ceil(Math.max(1, (rate / total) * Math.min(turn * total, USERS))) +
      (pageEvery && connection === "new" ? PAGE_USERS : 0),
    exec: "probe",
  }
}

export const options = {
  scenarios: Object.fromEntries(Object.entries(streams).map(([name, stream]) => [name, paced(stream)])),
  maxRedirects: 0,
  throw: false,
  setupTimeout: "300s",
}

/**
 * Sign in once, in the way of the first version that works: what is signed in then sends these cookies and values. Pages are opened
 * once, as by a browser that stays open: it asks for the files of that build for as long as the monitor runs.
 */
export function setup() {
  const session = signInAnyhow()
  return { ...session, opened: scenario.requests.map(request => (request.pageEvery ? openPage(request, session) : [])) }
}

function signInAnyhow() {
  let failure
  for (const steps of scenario.signIns) {
    const session = signIn(steps)
    if (!session.failure) return session
    failure ??= session.failure
  }
  return { failure, cookies: {}, values: secrets }
}

/** The files of a page as it is now. */
function openPage(request, session) {
  const deadline = Date.now() + OPENING * 1000
  for (;;) {
    const answer = ask(request, session, CONNECTIONS.new.headers)
    if (answer?.status === 0 && Date.now() < deadline) sleep(1)
    else return answer && isPage(answer) ? fetchPage(request, session, answer, []).files : []
  }
}

function signIn(steps) {
  const values = { ...secrets }
  for (const step of steps) {
    const problem = perform(step, values, ({ status }) => status === 0 || status >= 500)
    if (problem) return { failure: { kind: "sign-in", step: step.name, cause: problem.failure } }
  }
  // From outside, the session is the one of the sign-in inside.
  const cookies = scenario.requests.map(({ url, inside = url }) => [url, http.cookieJar().cookiesForURL(inside)])
  return { values, cookies: Object.fromEntries(cookies) }
}

/** Each user of k6 has its own: requests that a rate limit refuses are left out until it admits them again. */
let limitedUntil = 0

export function probe(session) {
  const { connection, index } = streams[exec.scenario.name]
  const number = exec.scenario.iterationInTest
  const request = scenario.requests[index]
  const sentAt = Date.now()
  const { failures, answer } = failuresOf(request, session, CONNECTIONS[connection].headers)
  const line = [connection, index, number, sentAt, Date.now() - sentAt, ...(failures.some(Boolean) ? [failures] : [])]
  console.log(JSON.stringify(line))
  if (!request.pageEvery || connection !== "new" || number % request.pageEvery !== 0) return
  const begun = Date.now()
  const isRight = answer && failures.some((failure, version) => request.expect[version] && !failure) && isPage(answer)
  const counts = isRight ? fetchPage(request, session, answer, session.opened[index], number).counts : NOTHING
  console.log(JSON.stringify(["page", index, number, begun, Date.now() - begun, ...counts]))
}

/** What is wrong with the answer, for each version that promises one. */
function failuresOf(request, session, headers) {
  const each = failure => ({ failures: request.expect.map(expected => expected && failure) })
  if (Date.now() < limitedUntil) return each({ kind: "rate-limited" })
  if (request.signedIn && session.failure) return each(session.failure)
  const answer = ask(request, session, headers)
  const values = request.signedIn ? session.values : secrets
  const strayed = strayedOf(answer, request)
  const failures = request.expect.map(
    expected => (expected && (strayed ?? problemOf(answer, expected, values)?.failure)) ?? null,
  )
  if (failures.some(failure => failure?.kind === "rate-limited")) limitedUntil = Date.now() + retryAfter(answer) * 1000
  return { failures, answer }
}

/** Send a request as who has signed in, if it is to; undefined where nobody could. */
function ask(request, session, headers) {
  if (request.signedIn && session.failure) return undefined
  return send(request, request.signedIn ? session.values : secrets, {
    timeout: `${TIMEOUT}s`,
    redirects: followedBy(request),
    ...withCookies(request, session, headers),
  })
}

/** From outside, unless a version promises a redirect: an Ingress may send a user from one path to another. */
function followedBy({ inside, expect }) {
  const isPromised = expect.some(expected => expected && isRedirect(expected))
  return inside && !isPromised ? REDIRECTS : 0
}

/** Where redirects have led, if not to an answer of the address that was asked. */
function strayedOf({ status, url, headers }, request) {
  if (followedBy(request) === 0) return undefined
  if (status >= 300 && status < 400 && headers.Location)
    return { kind: "redirect-loop", to: withoutQuery(headers.Location) }
  return isSameOrigin(url, request.url) ? undefined : { kind: "redirected-away", to: withoutQuery(url) }
}

const withoutQuery = url => url.split(/[?#]/)[0].slice(0, 100)

function isSameOrigin(...urls) {
  const [one, other] = urls.map(url => originOf(url).replace(/^(http:.*):80$|^(https:.*):443$/, "$1$2"))
  return one === other
}

/** The cookies of who has signed in, where a request is to have them; what the answer sets is not kept. */
function withCookies(request, session, headers) {
  const cookies = (request.signedIn && session.cookies[request.url]) || {}
  // Of a jar and not as a header, which k6 drops where it follows a redirect.
  const jar = new http.CookieJar()
  for (const [name, [value]] of Object.entries(cookies)) jar.set(request.url, name, value, { path: "/" })
  return { headers, jar }
}

const isPage = ({ status, headers }) => status === 200 && /html/i.test(headers["Content-Type"] ?? "")

/**
 * Of files: sent and failed, of the page as it is now and as it was when it was opened; then what failed, some of it; then the
 * other origins that have files of the page's build, which are not asked.
 */
const NOTHING = [0, 0, 0, 0, [], []]

/** Fetch a page's files, and what its styles name; then those of the page as it was opened that it has no more. */
function fetchPage(request, session, answer, opened, turn = 0) {
  const { files: own, elsewhere } = filesOfPage(String(answer.body), answer.url)
  const named = atMost(own, turn)
  const results = fetchFiles(named, request, session)
  const inStyles = results.flatMap(({ file, body }) => (file.kind === "style" ? filesOfStyle(body, file.url) : []))
  const known = new Set(named.map(({ url }) => url))
  results.push(...fetchFiles(atMost(fresh(inStyles, known), turn), request, session))
  const earlier = fetchFiles(atMost(fresh(opened, known), turn), request, session)
  const failed = list => list.filter(({ failure }) => failure)
  const failures = [
    ...failed(results).map(({ file, failure }) => [file.url, "now", failure]),
    ...failed(earlier).map(({ file, failure }) => [file.url, "before", failure]),
  ]
  return {
    files: results.map(({ file }) => file),
    counts: [
      results.length,
      failed(results).length,
      earlier.length,
      failed(earlier).length,
      failures.slice(0, NAMED).map(([url, ...rest]) => [url.replace(/^\w+:\/\/[^/]+/, "").slice(0, 200), ...rest]),
      elsewhere,
    ],
  }
}

/** Those that are not known yet; then they are. */
function fresh(files, known) {
  return files.filter(({ url }) => !known.has(url) && known.add(url))
}

function atMost(files, turn) {
  if (files.length <= FILES) return files
  const first = (turn * FILES) % files.length
  return [...files.slice(first), ...files.slice(0, first)].slice(0, FILES)
}

function fetchFiles(files, request, session) {
  if (files.length === 0) return []
  const host = Object.fromEntries(Object.entries(request.headers).filter(([name]) => /^host$/i.test(name)))
  const params = kind => ({
    timeout: `${TIMEOUT}s`,
    redirects: 3,
    ...withCookies(request, session, { ...host, ...CONNECTIONS.new.headers, Accept: "*/*" }),
    responseType: kind === "style" ? "text" : "none",
  })
  const answers = http.batch(files.map(({ url, kind }) => ["GET", url, null, params(kind)]))
  return files.map((file, index) => ({
    file,
    body: String(answers[index].body ?? ""),
    failure: failureOf(answers[index], file),
  }))
}

/** A server that answers any path with a page answers no script. */
function failureOf(answer, { kind }) {
  const isHtml = kind !== "other" && /html/i.test(answer.headers["Content-Type"] ?? "")
  const failure = problemOf(answer, { status: 200 }, {})?.failure ?? (isHtml ? { kind: "wrong-body" } : undefined)
  return failure?.kind === "rate-limited" ? undefined : failure
}
