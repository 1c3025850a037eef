import { describe, expect, test } from "vitest"
import { stringify } from "yaml"

import { readKubeconfig } from "../../.dagger/src/deploy/kubeconfig.js"

const KUBECONFIG = {
  "current-context": "staging",
  contexts: [
    { name: "staging", context: { cluster: "one", user: "me" } },
    { name: "production", context: { cluster: "two", user: "me" } },
    { name: "broken", context: { cluster: "three", user: "me" } },
  ],
  clusters: [
    { name: "one", cluster: { server: "https://10.0.0.1:6443" } },
    { name: "two", cluster: { server: "https://localhost:6443", "tls-server-name": "kubernetes" } },
  ],
  users: [{ name: "me", user: { token: "hunter2" } }],
}

describe("a kubeconfig", () => {
  test("leads where its current context says", () => {
    expect(readKubeconfig(stringify(KUBECONFIG))).toEqual({ context: "staging", url: "https://10.0.0.1:6443", host: "10.0.0.1" })
  })

  test("leads where the context given says, with the name that its certificate is for", () => {
    expect(readKubeconfig(stringify(KUBECONFIG), "production")).toEqual({ context: "production", url: "https://localhost:6443", host: "kubernetes" })
  })

  test.each<[string, string, string | undefined, string]>([
    ["an unknown context", stringify(KUBECONFIG), "prod", "it has no context prod; it has: staging, production, broken"],
    ["no current context", stringify({ ...KUBECONFIG, "current-context": undefined }), undefined, "it has no current context"],
    ["a context without its cluster", stringify(KUBECONFIG), "broken", "names a cluster three that it does not hold"],
    ["no YAML", "token: [hunter2", undefined, "it is not YAML"],
    ["something else", "token: hunter2", undefined, "it lacks what a kubeconfig has: contexts, clusters"],
    ["a server that is no address", stringify({ ...KUBECONFIG, clusters: [{ name: "one", cluster: { server: "hunter2" } }] }), undefined, "clusters.0.cluster.server"],
  ])("is refused, without a secret in the error: %s", (_, text, context, why) => {
    expect(() => readKubeconfig(text, context)).toThrow(why)
    expect(() => readKubeconfig(text, context)).not.toThrow("hunter2")
  })
})
