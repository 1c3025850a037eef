import { describe, expect, test } from "vitest"

import { Config, originOf } from "../../../.dagger/src/config/schema.ts"

/** The configuration that says this, and nothing else. */
const read = (settings: object) => Config.parse(settings)

describe("the address that users open", () => {
  test.each<[string, string | undefined]>([
    ["https://shop.example.com", "https://shop.example.com"],
    ["HTTPS://Shop.Example.com:443", "https://shop.example.com"],
    ["http://localhost:3000", "http://localhost:3000"],
    ["https://Shop.Example.com:443/", "https://shop.example.com"],
    ["https://shop.example.com//", undefined],
    ["https://shop.example.com/app", undefined],
    ["https://shop.example.com?a", undefined],
    ["https://shop.example.com#a", undefined],
    ["https://user@shop.example.com", undefined],
    ["https://shop example.com", undefined],
    ["https://", undefined],
    ["https://[", undefined],
    ["shop.example.com", undefined],
    ["xhttps://shop.example.com", undefined],
    ["ftp://shop.example.com", undefined],
    ["see https://shop.example.com", undefined],
  ])("%s is %s", (text, origin) => {
    expect(originOf(text)).toBe(origin)
  })
})

describe("what follows from other settings", () => {
  test("the namespace has the name, unless it has its own", () => {
    expect(read({ name: "shop" }).namespace).toBe("shop")
    expect(read({ name: "shop", namespace: "prod" }).namespace).toBe("prod")
  })

  test.each<[object, string | undefined]>([
    [{}, "k8s"],
    [{ charts: [{ path: "chart" }] }, undefined],
    [{ charts: [{ path: "chart" }], manifests: "more" }, "more"],
    [{ manifests: "deploy" }, "deploy"],
  ])("the folder of manifests with %j is %s", (settings, manifests) => {
    expect(read(settings).manifests).toBe(manifests)
  })

  test("a chart's release has the name of its folder, unless it has its own", () => {
    const { charts } = read({ charts: [{ path: "deploy/charts/api" }, { path: "charts/web", release: "site" }] })
    expect(charts.map(({ release }) => release)).toEqual(["api", "site"])
  })

  test.each<[object, { context: string; base: string; readsBase: boolean }]>([
    [{}, { context: "backend", base: "python:3.13-slim", readsBase: false }],
    [{ path: "api" }, { context: "api", base: "python:3.13-slim", readsBase: false }],
    [
      { path: "api", context: "." },
      { context: ".", base: "python:3.13-slim", readsBase: false },
    ],
    [{ dockerfile: "Dockerfile" }, { context: "backend", base: "python:3.13-slim", readsBase: true }],
    [
      { dockerfile: "Dockerfile", base: "pypy:3" },
      { context: "backend", base: "pypy:3", readsBase: false },
    ],
    [{ dockerfile: "docker/frontend.dockerfile" }, { context: "backend", base: "python:3.13-slim", readsBase: true }],
  ])("the build of a backend with %j", (backend, expected) => {
    expect(read({ backend }).backend).toMatchObject(expected)
  })
})

describe("the requests of the monitor", () => {
  const requests = (monitor: object, rest: object = {}) => read({ monitor, ...rest }).monitor.requests

  test("are the health paths of both applications, where the configuration has none", () => {
    expect(requests({ rate: 8 }, { backend: { health: "/livez" } })).toEqual([
      {
        name: "backend's health",
        to: "backend",
        method: "GET",
        path: "/livez",
        headers: {},
        signedIn: false,
        page: false,
        rate: 4,
        expect: {},
      },
      {
        name: "frontend's health",
        to: "frontend",
        method: "GET",
        path: "/api/health",
        headers: {},
        signedIn: false,
        page: false,
        rate: 4,
        expect: {},
      },
    ])
  })

  test("share the rate, but for those with their own, and those that Better Auth limits", () => {
    const request = (path: string, rate?: number) => ({
      name: path,
      to: "backend",
      path,
      rate,
      expect: { status: 200 },
    })
    const rates = requests({
      rate: 9,
      requests: [request("/a"), request("/api/auth/ok"), request("/b", 7), request("/x/api/auth/ok"), request("/c")],
    }).map(({ rate }) => rate)
    expect(rates).toEqual([3, 0.4, 7, 3, 3])
    expect(requests({ requests: [request("/api/auth/ok", 2)] })[0]!.rate).toBe(2)
  })

  test.each([
    [{ to: "frontend", path: "/" }, true],
    [{ to: "frontend", path: "/", page: false }, false],
    [{ to: "frontend", path: "/", method: "HEAD" }, false],
    [{ to: "frontend", path: "/about" }, false],
    [{ to: "frontend", path: "/about", page: true }, true],
    [{ to: "backend", path: "/" }, false],
  ])("are pages with files of their own, or not: %j: %s", (request, page) => {
    expect(requests({ requests: [{ name: "it", expect: { status: 200 }, ...request }] })[0]!.page).toBe(page)
  })
})

describe("a setting is refused", () => {
  test.each<[string, object]>([
    ["a service by an application's name", { services: { frontend: { image: "redis:8", port: 6379 } } }],
    ["a size after another text", { limits: { imageSize: "about 200MB" } }],
    ["a size before another text", { limits: { imageSize: "200MB or less" } }],
    ["a size without a unit", { limits: { imageSize: "200" } }],
  ])("%s", (_, settings) => {
    expect(Config.safeParse(settings).success).toBe(false)
  })

  test.each([
    ["200MB", 200_000_000],
    ["12.5 kB", 12_500],
    ["1.25 GiB", 1_342_177_280],
  ])("but not a size of %s", (imageSize, bytes) => {
    expect(read({ limits: { imageSize } }).limits.imageSize).toBe(bytes)
  })
})
