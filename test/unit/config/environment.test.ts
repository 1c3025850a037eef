import { describe, expect, test } from "vitest"

import { environmentOf, forOverlay } from "../../../.dagger/src/config/environment.js"
import { parseConfig } from "../../../.dagger/src/config/parse.js"

const CONFIG = parseConfig(
  `
frontend: { buildArgs: { NEXT_PUBLIC_API_URL: http://localhost:8000, NEXT_PUBLIC_NAME: Shop } }
environments:
  production: { frontend: { buildArgs: { NEXT_PUBLIC_API_URL: "https://api.example.com" } } }
  staging:
    backend: { buildArgs: { DEBUG: "1" } }
    applications: { worker: { buildArgs: { QUEUE: slow } } }
applications:
  worker: { buildArgs: { QUEUE: fast, THREADS: "2" } }
  mcp: {}
`,
  "cloud-native.yaml",
)

describe("an environment", () => {
  test.each(["overlays/production", "production", "overlays/production/"])("is that of the overlay %s", overlay => {
    const { frontend, backend } = forOverlay(CONFIG, overlay)
    expect(frontend.buildArgs).toEqual({ NEXT_PUBLIC_API_URL: "https://api.example.com", NEXT_PUBLIC_NAME: "Shop" })
    expect(backend.buildArgs).toEqual({})
  })

  test.each(["", "/"])("has no name where the overlay is %j", overlay => {
    expect(environmentOf(overlay)).toBe("")
  })

  test("may be of one application alone", () => {
    const { frontend, backend } = forOverlay(CONFIG, "overlays/staging")
    expect([backend.buildArgs, frontend.buildArgs]).toEqual([{ DEBUG: "1" }, CONFIG.frontend.buildArgs])
  })

  test("may be of an application beside the two", () => {
    const { worker, mcp } = forOverlay(CONFIG, "staging").applications
    expect(worker?.buildArgs).toEqual({ QUEUE: "slow", THREADS: "2" })
    expect(mcp).toEqual(CONFIG.applications.mcp)
  })

  test.each([undefined, "overlays/other", "overlays/production/eu"])("is none of overlay %s", overlay => {
    expect(forOverlay(CONFIG, overlay)).toBe(CONFIG)
  })

  test("takes build arguments only", () => {
    expect(() => parseConfig("environments: { production: { frontend: { port: 1 } } }", "c.yaml")).toThrow(/buildArgs/)
  })
})
