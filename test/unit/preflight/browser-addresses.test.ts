import { describe, expect, test } from "vitest"

import { Config } from "../../../.dagger/src/config/schema.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { strayAddresses } from "../../../.dagger/src/preflight/browser-addresses.ts"

const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: app }
spec: { rules: [{ host: api.example.org }, { host: "*.shop.example.org" }, { http: { paths: [] } }] }`
const manifests = parseManifests([{ name: "ingress.yaml", text: INGRESS }])

const strayed = (value: string, publicUrl = "https://shop.example.com", name = "NEXT_PUBLIC_API_URL") =>
  strayAddresses(Config.parse({ frontend: { buildArgs: { [name]: value } } }), publicUrl, manifests)

describe("an address that browsers get is named", () => {
  test.each([
    ["http://localhost:8000", "is http://localhost:8000: in a user's browser, that is the user's own machine"],
    ["http://127.0.0.1:8000/api", "the user's own machine"],
    ["http://[::1]:8000", "the user's own machine"],
    ["ws://localhost:8000", "is ws://localhost:8000: in a user's browser"],
    ["http://backend:8000", "a name of the cluster's network"],
    ["http://backend.shop.svc.cluster.local", "a name of the cluster's network"],
    ["http://backend.shop.svc:80", "a name of the cluster's network"],
    ["https://staging.example.com/api?a", "is https://staging.example.com: neither publicUrl nor an Ingress"],
    ["https://a.b.shop.example.org", "neither publicUrl nor an Ingress"],
    ["HTTPS://Other.example.com", "is https://other.example.com: neither"],
  ])("%s", (value, text) => {
    const [warning, ...more] = strayed(value)
    expect(more).toEqual([])
    expect(warning).toContain("frontend.buildArgs.NEXT_PUBLIC_API_URL ")
    expect(warning).toContain(text)
  })

  test("also where publicUrl is this machine, and the address is another's", () => {
    expect(strayed("http://backend:8000", "http://localhost:3000")).toHaveLength(1)
  })

  test("with the key of a further application, and never with a password", () => {
    const config = Config.parse({
      applications: { admin: { buildArgs: { NEXT_PUBLIC_API_URL: "http://me:hunter2@localhost/a" } } },
    })
    expect(strayAddresses(config, "https://shop.example.com", [])).toEqual([
      "applications.admin.buildArgs.NEXT_PUBLIC_API_URL is http://localhost: in a user's browser, that is the user's own machine",
    ])
  })
})

describe("none is named", () => {
  test.each([
    ["of publicUrl", "https://shop.example.com/api"],
    ["of publicUrl, at another port's default", "https://shop.example.com:443"],
    ["of an Ingress", "https://api.example.org/v1"],
    ["of an Ingress, at a port of the controller's", "https://api.example.org:8443"],
    ["of an Ingress for all below a domain", "wss://live.shop.example.org"],
    ["that is a path", "/api"],
    ["that is no address", "Notes"],
    ["that cannot be read", "http://"],
    ["of files and mail", "mailto:me@localhost"],
  ])("%s", (_, value) => {
    expect(strayed(value)).toEqual([])
  })

  test("where everything is on this machine", () => {
    expect(strayed("http://localhost:8000", "http://localhost:3000")).toEqual([])
  })

  test("of a variable that browsers do not get", () => {
    expect(strayed("http://localhost:8000", undefined, "API_URL")).toEqual([])
    expect(strayed("http://localhost:8000", undefined, "MY_NEXT_PUBLIC_API_URL")).toEqual([])
  })
})
