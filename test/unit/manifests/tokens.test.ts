import { describe, expect, test } from "vitest"

import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { fillTokens, tokenProblems } from "../../../.dagger/src/manifests/tokens.ts"
import { problemsOf } from "./rules/problems.ts"

const configMap = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n${data}`
const ingress = (spec: string) =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: i }\nspec:\n${spec}`

describe("what only a deployment knows is filled in", () => {
  const VALUES = { PUBLIC_URL: "https://shop.example.com", PUBLIC_HOST: "shop.example.com", NAMESPACE: "shop" }
  const filled = (text: string) => {
    const { object } = parseManifests([{ name: "a.yaml", text }])[0]!
    fillTokens(object, VALUES)
    return object
  }

  test.each([
    [
      "all of them in one text",
      "http://${PUBLIC_HOST}.${NAMESPACE}/${PUBLIC_URL}",
      "http://shop.example.com.shop/https://shop.example.com",
    ],
    ["one twice", "${NAMESPACE} ${NAMESPACE}", "shop shop"],
    ["what is escaped is written without the escape", "$${NAMESPACE} is ${NAMESPACE}", "${NAMESPACE} is shop"],
    ["what is unknown stays, for who reads a ConfigMap before it is checked", "${HOSTNAME}", "${HOSTNAME}"],
    ["a $ alone means nothing", "$NAMESPACE $(NAMESPACE) {NAMESPACE}", "$NAMESPACE $(NAMESPACE) {NAMESPACE}"],
  ])("in a ConfigMap: %s", (_, text, expected) => {
    expect(filled(configMap(`data: { A: ${JSON.stringify(text)}, B: plain }`)).data).toEqual({
      A: expected,
      B: "plain",
    })
  })

  test("in the hosts of an Ingress, of its rules and of its certificates", () => {
    const hosts = [
      "  rules: [{ host: 'a.${PUBLIC_HOST}' }, { http: { paths: [] } }, { host: 'b.${PUBLIC_HOST}', http: { paths: [] } }]",
      "  tls: [{ secretName: x }, { hosts: ['a.${PUBLIC_HOST}', plain] }]",
    ]
    expect(filled(ingress(hosts.join("\n"))).spec).toEqual({
      rules: [
        { host: "a.shop.example.com" },
        { http: { paths: [] } },
        { host: "b.shop.example.com", http: { paths: [] } },
      ],
      tls: [{ secretName: "x" }, { hosts: ["a.shop.example.com", "plain"] }],
    })
  })

  test.each([
    ["a ConfigMap without data", configMap("binaryData: { A: YQ== }")],
    [
      "an Ingress with neither rules nor certificates",
      ingress("  defaultBackend: { service: { name: '${NAMESPACE}' } }"),
    ],
    [
      "an object of another kind",
      "apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { A: '${NAMESPACE}' }",
    ],
  ])("and nowhere else: %s", (_, text) => {
    expect(filled(text)).toEqual(parseManifests([{ name: "a.yaml", text }])[0]!.object)
  })
})

describe("a name in ${} that nothing fills in is refused, at its place", () => {
  const found = (text: string) => problemsOf(({ manifests }) => tokenProblems(manifests), text)

  test.each([
    ["the data of a ConfigMap", configMap("data:\n  A: x${HOSTNAME}"), "data.A", "A: x${HOSTNAME"],
    ["a host of an Ingress", ingress("  rules:\n    - host: ${HOSTNAME}.eu"), "spec.rules.0.host", "host: ${HOSTNAME"],
    [
      "a host of a certificate",
      ingress("  tls:\n    - hosts:\n        - a\n        - '${HOSTNAME}'"),
      "spec.tls.0.hosts.1",
      "'${HOSTNAME",
    ],
  ])("in %s", (_, text, field, at) => {
    expect(found(text)).toEqual([
      {
        code: "TOKEN_UNKNOWN",
        at,
        what: `${field} holds \${HOSTNAME}, which nothing fills in`,
        fix: "the module fills in ${PUBLIC_URL}, ${PUBLIC_HOST}, ${NAMESPACE}; write $${HOSTNAME} for a literal ${HOSTNAME}",
      },
    ])
  })

  test.each([
    ["names that are known", configMap("data: { A: '${PUBLIC_URL} ${PUBLIC_HOST} ${NAMESPACE}' }")],
    ["what is escaped", configMap("data: { A: '$${HOSTNAME}' }")],
    [
      "texts in other fields",
      configMap("data: { A: a }\nimmutable: false").replace("name: c", "name: c, annotations: { a: '${HOSTNAME}' }"),
    ],
  ])("passes: %s", (_, text) => {
    expect(found(text)).toEqual([])
  })

  test("each one is told", () => {
    expect(found(configMap("data: { A: '${} ${public_url}', B: '${X}' }")).map(({ what }) => what)).toEqual([
      "data.A holds ${}, which nothing fills in",
      "data.A holds ${public_url}, which nothing fills in",
      "data.B holds ${X}, which nothing fills in",
    ])
  })
})
