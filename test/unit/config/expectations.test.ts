import { expect, test } from "vitest"

import { Expectations, expectationsOf } from "../../../.dagger/src/config/expectations.ts"
import { Config } from "../../../.dagger/src/config/schema.ts"

const step = { name: "log in", to: "backend", method: "POST", path: "/token", form: { username: "${EMAIL}" } }
const config = Config.parse({
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
    backend: "http://api:80",
    frontend: "http://web",
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
  })
  expect(Expectations.parse(JSON.parse(JSON.stringify(expectations)))).toEqual(expectations)
})

test("a health path that nobody lists may answer with any status that a probe takes", () => {
  const { requests } = expectationsOf(Config.parse({}), "https://shop.example.com", {
    backend: "http://api:80",
    frontend: "http://web",
  })
  expect(requests.map(({ url, expect }) => [url, expect])).toEqual([
    ["http://api:80/health", {}],
    ["http://web/api/health", {}],
  ])
  expect(Expectations.shape.requests.parse(requests)).toEqual(requests)
})
