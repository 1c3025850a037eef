import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { parseManifests } from "../../../.dagger/src/manifests/parse.js"
import { podSettings } from "../../../.dagger/src/verify/pod-settings.js"
import { trialSettings } from "../../../.dagger/src/verify/trial-settings.js"
import { ownFile } from "../manifests-files.ts"
import { imageOf } from "./image.ts"

const IMAGE = imageOf([], { entrypoint: ["entry"], args: ["serve"], env: ["PORT=1", "URL=a=b"], workdir: "/app", user: "10001" })
const AT = { port: 8000, health: "/health" }

describe("an image is run", () => {
  test("as it says itself", () => {
    expect(trialSettings(IMAGE, AT, {}, 10)).toMatchObject({
      command: ["entry", "serve"], env: { PORT: "1", URL: "a=b", HOME: "/" }, user: "10001", workdir: "/app", ...AT, inFlight: "/health", writable: ["/tmp"], grace: 30, patience: 30,
    })
  })

  test.each([
    [{ args: ["other"] }, ["entry", "other"]],
    [{ command: ["sh"] }, ["sh"]],
    [{ command: ["sh"], args: ["x"] }, ["sh", "x"]],
  ])("with the command of its pod: %j", (pod, command) => {
    expect(trialSettings(IMAGE, AT, pod, 10).command).toEqual(command)
  })

  test("with its pod's environment over its own", () => {
    expect(trialSettings(IMAGE, AT, { env: { PORT: "2" } }, 10).env).toMatchObject({ PORT: "2", URL: "a=b" })
  })
})

describe("a pod's settings", () => {
  const config = parseConfig(ownFile("cloud-native.yaml"), "cloud-native.yaml")
  const own = parseManifests(["config.yaml", "deployment.yaml", "migration.yaml"].map(name => ({ name, text: ownFile(`k8s/${name}`) })))

  test("are those of the manifests, with the secrets and services of an ephemeral cluster", () => {
    const { env, ...rest } = podSettings(own, "frontend", config)
    expect(rest).toEqual({ command: undefined, args: undefined, user: "10001:10001", writable: ["/tmp", "/app/.next/cache"], grace: 25, services: ["postgres"], unknown: [] })
    expect(env).toEqual({
      BACKEND_URL: "http://backend:8000", BETTER_AUTH_URL: "http://localhost:3000", DATABASE_URL: "postgresql://app@postgres:5432/app",
      BETTER_AUTH_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  test("name what only the cluster knows", () => {
    const bare = parseConfig("", "cloud-native.yaml")
    expect(podSettings(own, "frontend", bare).unknown).toEqual(["DATABASE_URL", "BETTER_AUTH_SECRET"])
  })

  test("are the same each time, so that the cache can answer", () => {
    expect(podSettings(own, "frontend", config)).toEqual(podSettings(own, "frontend", config))
  })

  test("are those of the tests where no manifest runs the application", () => {
    expect(podSettings([], "backend", config)).toEqual({ env: config.backend.test.env, services: ["postgres"] })
  })
})
