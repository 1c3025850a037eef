import type { AskedRequest, Expectations, ExpectedAnswer } from "../config/expectations.js"

/** A request that is sent, with the answer that each version of the application promises; null where one promises none. */
export interface MonitoredRequest extends Omit<AskedRequest, "expect" | "page"> {
  expect: (ExpectedAnswer | null)[]
  /** Of a page: of how many requests on new connections one is followed by the page's files. */
  pageEvery?: number
}

/** What the monitor's script gets: it says of each answer for which versions it is right. */
export interface Scenario {
  /** How the versions sign in, those that do; the first that works is taken. */
  signIns: Expectations["signIn"][]
  secrets: string[]
  requests: MonitoredRequest[]
}

/** Times a second that a page's files are asked for. */
const PAGE_RATE = 2

/** What a release has to answer, if that was recorded, and the address that its users open. */
export interface Version {
  expectations?: Expectations
  publicUrl: string
}

/** What the release that runs has to answer, and what the one that comes has to; `outside`: through its public URL as well. */
export function versionsOf(own: Required<Version>, running: Version | undefined, outside: boolean): Expectations[] {
  // Where nothing ran, nothing in front of it does yet: an address, a certificate.
  if (!running?.expectations) return [own.expectations]
  const versions = [{ expectations: running.expectations, publicUrl: running.publicUrl }, own]
  return versions.map(({ expectations, publicUrl }) => (outside ? withOutside(expectations, publicUrl) : expectations))
}

function withOutside(expectations: Expectations, publicUrl: string): Expectations {
  const through = expectations.requests
    .filter(({ to }) => to === "frontend")
    .map(request => ({
      ...request,
      name: `${request.name}, from outside`,
      url: publicUrl + request.url.replace(/^\w+:\/\/[^/]+/, ""),
      // There, the host is that of the public URL.
      headers: Object.fromEntries(Object.entries(request.headers).filter(([header]) => !/^host$/i.test(header))),
      inside: request.url,
    }))
  return { ...expectations, requests: [...expectations.requests, ...through] }
}

/** The requests of every version that may answer: of the one that runs, then of the one that is coming. */
export function scenarioOf(versions: Expectations[]): Scenario {
  const requests = new Map<string, MonitoredRequest>()
  for (const [version, expectations] of versions.entries()) {
    for (const { expect, page, ...request } of expectations.requests) {
      const { method, url, headers, signedIn } = request
      const same = JSON.stringify([method, url, Object.entries(headers).sort(), signedIn])
      const expected = requests.get(same)?.expect ?? versions.map(() => null)
      const pageEvery = page && { pageEvery: Math.max(1, Math.round(request.rate / PAGE_RATE)) }
      requests.set(same, { ...request, ...pageEvery, expect: expected.with(version, expect) })
    }
  }
  const signIns = new Map(versions.map(({ signIn }) => [JSON.stringify(signIn), signIn]))
  return {
    signIns: [...signIns.values()].filter(steps => steps.length > 0),
    secrets: [...new Set(versions.flatMap(({ secrets }) => secrets))],
    requests: [...requests.values()],
  }
}

/** Milliseconds in which each request has its turn. */
export function turnOf(requests: { rate: number }[]): number {
  return 1000 / Math.min(...requests.map(({ rate }) => rate))
}
