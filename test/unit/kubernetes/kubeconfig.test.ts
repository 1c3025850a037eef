import { describe, expect, test } from "vitest"
import { stringify } from "yaml"

import { missingReferences } from "../../../.dagger/src/kubernetes/external-references.js"
import { type ExternalReference, readKubeconfig } from "../../../.dagger/src/kubernetes/kubeconfig.js"

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
    expect(readKubeconfig(stringify(KUBECONFIG))).toEqual({
      context: "staging",
      url: "https://10.0.0.1:6443",
      host: "10.0.0.1",
      externalReferences: [],
    })
  })

  test("leads where the context given says, with the name that its certificate is for", () => {
    expect(readKubeconfig(stringify(KUBECONFIG), "production")).toEqual({
      context: "production",
      url: "https://localhost:6443",
      host: "kubernetes",
      externalReferences: [],
    })
  })

  test("says the context's own namespace and the proxy; entries that nothing uses may be broken", () => {
    const [staging, ...others] = KUBECONFIG.contexts
    const contexts = [{ ...staging, context: { ...staging!.context, namespace: "shop" } }, { name: "half" }, ...others]
    const cluster = { server: "https://10.0.0.1:6443", "proxy-url": "http://proxy.example.com:3128" }
    const clusters = [{ name: "gone", cluster: { server: "hunter2" } }, { name: "one", cluster }, { name: "empty" }]
    const users = [{ name: "other", user: { exec: "hunter2" } }, ...KUBECONFIG.users]
    expect(readKubeconfig(stringify({ ...KUBECONFIG, contexts, clusters, users }))).toEqual({
      context: "staging",
      url: "https://10.0.0.1:6443",
      host: "10.0.0.1",
      namespace: "shop",
      proxyUrl: "http://proxy.example.com:3128",
      externalReferences: [],
    })
  })

  test.each<[string, string, string | undefined, string]>([
    [
      "an unknown context",
      stringify(KUBECONFIG),
      "prod",
      "it has no context prod; it has: staging, production, broken",
    ],
    [
      "no current context",
      stringify({ ...KUBECONFIG, "current-context": undefined }),
      undefined,
      "it has no current context",
    ],
    [
      "a context without its cluster",
      stringify(KUBECONFIG),
      "broken",
      "names a cluster three that it does not contain",
    ],
    [
      "a context without its user",
      stringify({ ...KUBECONFIG, users: [] }),
      undefined,
      "its context staging names a user me that it does not contain",
    ],
    ["no YAML", "token: [hunter2", undefined, "it is not YAML"],
    ["base64 of no kubeconfig", "aHVudGVyMmh1bnRlcjI=", undefined, "it is no mapping"],
    ["something else", "token: hunter2", undefined, "missing or wrong in it: contexts, clusters"],
    [
      "a server that is no address",
      stringify({ ...KUBECONFIG, clusters: [{ name: "one", cluster: { server: "hunter2" } }] }),
      undefined,
      "missing or wrong in it: clusters.one.cluster.server",
    ],
  ])("is refused, without a secret in the error: %s", (_, text, context, why) => {
    expect(() => readKubeconfig(text, context)).toThrow(why)
    expect(() => readKubeconfig(text, context)).not.toThrow("hunter2")
  })
})

describe("external references of a kubeconfig", () => {
  const withUser = (user: object, cluster: object = {}) =>
    readKubeconfig(
      stringify({
        ...KUBECONFIG,
        clusters: [{ name: "one", cluster: { server: "https://[::1]:6443", ...cluster } }],
        users: [{ name: "me", user }],
      }),
    )

  test.each<[string, object, object, ExternalReference[]]>([
    ["nothing", { token: "hunter2" }, { "certificate-authority-data": "aaaa" }, []],
    ["nothing, with fields that are empty", { exec: null, "client-key": "" }, { "certificate-authority": null }, []],
    [
      "a program",
      { exec: { command: "aws", args: ["eks", "get-token"] } },
      {},
      [{ kind: "program", name: "aws", field: "exec" }],
    ],
    [
      "an auth provider that is no more",
      { "auth-provider": { name: "gcp" } },
      {},
      [{ kind: "auth provider", name: "gcp", field: "auth-provider" }],
    ],
    ["an auth provider that kubectl has", { "auth-provider": { name: "oidc" } }, {}, []],
    [
      "files",
      { "client-certificate": "/home/me/me.crt", "client-key": "me.key" },
      { "certificate-authority": "/home/me/ca.crt" },
      [
        { kind: "file", name: "/home/me/ca.crt", field: "certificate-authority" },
        { kind: "file", name: "/home/me/me.crt", field: "client-certificate" },
        { kind: "file", name: "me.key", field: "client-key" },
      ],
    ],
  ])("%s", (_, user, cluster, externalReferences) => {
    expect(withUser(user, cluster)).toMatchObject({ host: "::1", externalReferences })
  })

  test("are one error for each kind, each with a fix", () => {
    const references: ExternalReference[] = [
      { kind: "program", name: "aws", field: "exec" },
      { kind: "file", name: "/home/me/ca.crt", field: "certificate-authority" },
      { kind: "file", name: "token", field: "tokenFile" },
    ]
    const [program, files, ...rest] = missingReferences(
      { context: "staging" },
      references,
      "example.com/kubectl:1",
    ).map(({ message }) => message)
    expect(rest).toEqual([])
    for (const text of [
      "KUBECONFIG_INCOMPLETE",
      "exec: aws",
      "example.com/kubectl:1",
      "kubectl create token",
      "images.kubectl",
    ])
      expect(program).toContain(text)
    for (const text of [
      "certificate-authority: /home/me/ca.crt",
      "tokenFile: token",
      "--flatten --minify --context=staging",
      "as token:",
    ])
      expect(files).toContain(text)
    expect(missingReferences({ context: "staging" }, references.slice(1, 2), "x")[0]!.fix).not.toContain("token:")
  })
})
