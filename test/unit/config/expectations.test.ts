import { describe, expect, test } from "vitest"

import { addressed, Expectations, expectationsOf } from "../../../.dagger/src/config/expectations.ts"
import { Config } from "../../../.dagger/src/config/schema.ts"

const step = { name: "log in", to: "backend", method: "POST", path: "/token", form: { username: "${EMAIL}" } }
const config = Config.parse({
  handshake: [
    {
      name: "sign up",
      to: "frontend",
      method: "POST",
      path: "/sign-up",
      json: { email: "a@b" },
      expect: { status: 201 },
    },
  ],
  monitor: {
    secrets: ["EMAIL"],
    signIn: [{ ...step, headers: { Origin: "${PUBLIC_URL}" }, expect: { status: 200 }, capture: { token: "token" } }],
    requests: [
      { name: "the tasks", to: "backend", path: "/tasks", signedIn: true, expect: { status: 200, contains: "[" } },
    ],
  },
})

test("what a release has to answer stands by itself: addresses, rates, the public URL", () => {
  const expectations = expectationsOf(config, "https://shop.example.com", {
    backend: { url: "http://api:80", health: "/health", probeHeaders: {} },
    frontend: { url: "http://web", health: "/api/health", probeHeaders: {} },
  })
  expect(expectations).toMatchObject({
    requests: [
      {
        name: "the tasks",
        to: "backend",
        method: "GET",
        url: "http://api:80/tasks",
        rate: 20,
        signedIn: true,
        page: false,
      },
    ],
    signIn: [
      {
        url: "http://api:80/token",
        headers: { Origin: "https://shop.example.com" },
        form: { username: "${EMAIL}" },
        capture: { token: "token" },
      },
    ],
    secrets: ["EMAIL"],
    handshake: [{ name: "sign up", to: "frontend", method: "POST", url: "http://web/sign-up", json: { email: "a@b" } }],
  })
  expect(Expectations.parse(JSON.parse(JSON.stringify(expectations)))).toEqual(expectations)
})

test("a health path that nobody lists may answer with any status that a probe takes", () => {
  const { requests } = expectationsOf(Config.parse({}), "https://shop.example.com", {
    backend: { url: "http://api:80", health: "/health", probeHeaders: {} },
    frontend: { url: "http://web", health: "/api/health", probeHeaders: {} },
  })
  expect(requests.map(({ url, expect }) => [url, expect])).toEqual([
    ["http://api:80/health", {}],
    ["http://web/api/health", {}],
  ])
  expect(Expectations.shape.requests.parse(requests)).toEqual(requests)
})

describe("an application that answers no other host than its probes ask for, or asks for more than that", () => {
  const addresses = {
    backend: { url: "http://api", health: "/health", probeHeaders: { Host: "shop.example.com", "X-Probe": "yes" } },
    frontend: { url: "http://web", health: "/api/health", probeHeaders: {} },
  }
  const headersOf = (own: Config) => {
    const { requests, signIn } = expectationsOf(own, "https://shop.example.com", addresses)
    return [...requests, ...signIn].map(({ name, headers }) => [name, headers])
  }

  test("is asked for its health as its probes do, and another one as it was", () => {
    expect(headersOf(Config.parse({}))).toEqual([
      ["backend's health", { Host: "shop.example.com", "X-Probe": "yes" }],
      ["frontend's health", {}],
    ])
  })

  test("is asked for all else by that host, and signed in to", () => {
    expect(headersOf(config)).toEqual([
      ["the tasks", { Host: "shop.example.com" }],
      ["log in", { Host: "shop.example.com", Origin: "https://shop.example.com" }],
    ])
  })

  test("is asked with a request's own headers, however they are written", () => {
    const request = { to: "backend", path: "/health", headers: { host: "api.example.com", "x-probe": "no" } }
    expect(addressed(request, addresses).headers).toEqual(request.headers)
  })
})
