import { describe, expect, test } from "vitest"

import type { Expectations } from "../../../.dagger/src/config/expectations.ts"
import { scenarioOf, turnOf, versionsOf } from "../../../.dagger/src/monitor/scenario.ts"

const request = (name: string, contains: string): Expectations["requests"][number] => ({
  name,
  to: "frontend",
  method: "GET",
  url: `http://frontend:3000/${name}`,
  headers: {},
  signedIn: false,
  page: false,
  rate: 10,
  expect: { status: 200, contains },
})
const SIGN_IN = [
  { name: "log in", method: "POST", url: "http://backend/token", headers: {}, expect: { status: 200 }, capture: {} },
]
const running: Expectations = {
  requests: [request("page", "Old"), request("gone", "x")],
  signIn: SIGN_IN,
  secrets: ["A"],
  handshake: [],
}
const coming: Expectations = {
  requests: [{ ...request("page", "New"), rate: 5 }, request("added", "y")],
  signIn: SIGN_IN,
  secrets: ["A", "B"],
  handshake: [],
}

test("a request has the answer that each version promises; one that only one knows has null for the other", () => {
  const { requests, ...rest } = scenarioOf([running, coming])
  expect(rest).toEqual({ signIns: [SIGN_IN], secrets: ["A", "B"] })
  expect(requests.map(({ name, rate, expect }) => ({ name, rate, expect }))).toEqual([
    { name: "page", rate: 5, expect: [running.requests[0]!.expect, coming.requests[0]!.expect] },
    { name: "gone", rate: 10, expect: [running.requests[1]!.expect, null] },
    { name: "added", rate: 10, expect: [null, coming.requests[1]!.expect] },
  ])
})

test("a first release is alone; without a sign-in there is none", () => {
  expect(scenarioOf([{ ...coming, signIn: [] }])).toMatchObject({
    signIns: [],
    requests: [{ expect: [{ contains: "New" }] }, { expect: [{ contains: "y" }] }],
  })
})

test("requests with another header, method or sign-in are others", () => {
  const other = { ...coming, requests: [{ ...coming.requests[0]!, signedIn: true }] }
  expect(scenarioOf([running, other]).requests).toHaveLength(3)
})

test("a request is the same one in whatever order its headers are written", () => {
  const inOrder = (headers: Record<string, string>) => ({ ...coming, requests: [{ ...coming.requests[0]!, headers }] })
  const versions = [
    inOrder({ Accept: "text/html", "X-Tenant": "a" }),
    inOrder({ "X-Tenant": "a", Accept: "text/html" }),
  ]
  expect(scenarioOf(versions).requests).toHaveLength(1)
})

describe("from outside", () => {
  const [before, own] = [
    { expectations: running, publicUrl: "https://shop.example.com" },
    {
      expectations: { ...coming, requests: [...coming.requests, { ...request("api", "z"), to: "backend" as const }] },
      publicUrl: "https://shop.example.com",
    },
  ]

  test("the frontend's requests go through the public URL as well, with what each version promises", () => {
    const { requests } = scenarioOf(versionsOf(own, before, true))
    const outside = requests.filter(({ inside }) => inside !== undefined)
    expect(outside).toMatchObject([
      {
        name: "page, from outside",
        url: "https://shop.example.com/page",
        inside: "http://frontend:3000/page",
        expect: [{ contains: "Old" }, { contains: "New" }],
      },
      { name: "gone, from outside", expect: [{ contains: "x" }, null] },
      { name: "added, from outside", expect: [null, { contains: "y" }] },
    ])
    expect(requests.filter(({ inside }) => inside === undefined)).toEqual(
      scenarioOf([before.expectations, own.expectations]).requests,
    )
  })

  test("the host is that of the public URL, whatever the probes inside ask for", () => {
    const kept = { Accept: "text/html", "X-Forwarded-Host": "a", "Host-Override": "b" }
    const headers = { host: "backend", Host: "backend", ...kept }
    const asked = { ...coming, requests: [{ ...request("page", "New"), headers }] }
    const { requests } = scenarioOf(versionsOf({ ...own, expectations: asked }, before, true))
    const sent = requests
      .filter(({ expect }) => expect[1])
      .map(({ inside, headers }) => [inside !== undefined, headers])
    expect(sent).toEqual([
      [false, headers],
      [true, kept],
    ])
  })

  test("each version at its own public URL", () => {
    const moved = versionsOf({ ...own, publicUrl: "https://new.example.com" }, before, true)
    expect(
      scenarioOf(moved)
        .requests.filter(({ url }) => url.endsWith("example.com/page"))
        .map(({ url, expect }) => [url, expect.map(Boolean)]),
    ).toEqual([
      ["https://shop.example.com/page", [true, false]],
      ["https://new.example.com/page", [false, true]],
    ])
  })

  test.each([
    ["that is not asked for", before, false, [running, own.expectations]],
    ["on a first deployment, which has nothing in front of it yet", undefined, true, [own.expectations]],
    ["after a release without a record of it", { publicUrl: "https://x" }, true, [own.expectations]],
  ])("nothing %s", (_, ran, outside, expected) => {
    expect(versionsOf(own, ran, outside)).toEqual(expected)
  })
})

test("a page has its files asked for twice a second, whatever its own rate", () => {
  const everyOf = (page: boolean, rate: number) =>
    scenarioOf([{ ...running, requests: [{ ...request("page", "x"), page, rate }] }]).requests[0]!.pageEvery
  expect([everyOf(true, 20), everyOf(true, 6.7), everyOf(true, 0.4), everyOf(false, 20)]).toEqual([10, 3, 1, undefined])
})

test("the slowest request decides how long a turn of all takes", () => {
  expect(turnOf([{ rate: 20 }, { rate: 0.4 }])).toBe(2500)
})
