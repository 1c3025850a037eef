import { describe, expect, test } from "vitest"

import { credentialInManifests, secretInManifests } from "../../../../.dagger/src/manifests/rules/secrets.ts"
import { problemsOf, workload } from "./problems.ts"

describe("secretInManifests: the repository keeps no values of Secrets", () => {
  const secret = (fields: string, kind = "Secret", apiVersion = "v1") =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: app }\n${fields}`

  test.each([
    ["one without values, for others to fill", secret("type: Opaque")],
    ["empty values", secret('data: { A: "" }\nstringData: { B: "" }')],
    ["values that --secrets gives to a chart", secret("stringData: { A: CloudNative/secret+A+a= }")],
    ["values that are encrypted", secret("stringData: { A: b }", "Secret", "example.com/v1")],
    ["a ConfigMap is public", secret("data: { A: b }", "ConfigMap")],
  ])("passes: %s", (_, manifests) => {
    expect(problemsOf(secretInManifests, manifests)).toEqual([])
  })

  test.each([
    ["data: { A: YQ==", "data: { A: YQ== }"],
    ["stringData: { A: b", "stringData: { A: b }"],
    ["data: { A: YQ==", "data: { A: YQ== }\nstringData: { B: b }"],
  ])("fails: %s", (at, fields) => {
    expect(problemsOf(secretInManifests, secret(fields))).toEqual([
      {
        code: "SECRET_IN_MANIFESTS",
        at,
        what: "Secret app holds values: base64 is no protection, and the repository keeps them for ever",
        fix: "remove it and change the values; give them with --secrets (those of a chart by secretValues in cloud-native.yaml), or create the Secret in the namespace",
      },
    ])
  })
})

describe("credentialInManifests: a value that is secret stands in no manifest in plain text", () => {
  const configMap = (name: string, value: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata:\n  ${name}: ${JSON.stringify(value)}`
  const env = (name: string, value: string) =>
    workload({
      container: `env:\n            - { name: FIRST, value: a }\n            - name: ${name}\n              value: ${JSON.stringify(value)}`,
    })

  const HARMLESS = [
    ["DATABASE_URL", "postgresql://db:5432/app", "a URL without a password"],
    ["DATABASE_URL", "postgresql://app@db:5432/app", "a user alone"],
    ["DATABASE_URL", "postgresql://app:$(DB_PASSWORD)@db/app", "the password is another variable"],
    ["MAIL", "see http://a.example.com/b:c@d", "a path is no password"],
    ["CONTACT", "http://host:8000/mail a@example.com", "an address that comes later is none"],
    ["RATIO", "1:2@3", "no URL"],
    ["NOTE", "://a b:c@d", "a user has no space"],
    ["NOTE", "://a:b c@d", "nor has a password"],
    ["JWT_SECRET", "", "nothing is given"],
    ["JWT_SECRET", "$(OTHER)", "another variable alone"],
    ["SECRET_NAME", "app-secrets", "the name of a Secret"],
    ["TOKEN_LIFETIME", "3600", "a setting of tokens"],
    ["APIKEYS", "2", "how many"],
  ]
  const SECRET = [
    ["DATABASE_URL", "postgresql://app:hunter2@db:5432/app"],
    ["CACHE_URL", "redis://:hunter2@cache"],
    ["NOTE", "the database is postgresql://a:b@db"],
    ...["DB_PASSWORD", "DB_PASSWD", "JWT_SECRET", "ACCESS_TOKEN", "PRIVATE_KEY", "API_KEY", "APIKEY", "password"].map(
      name => [name, "x"],
    ),
    ["JWT_SECRET", "x$(OTHER)"],
  ]

  test.each(HARMLESS)("passes: %s=%s: %s", (name, value) => {
    expect(problemsOf(credentialInManifests, configMap(name, value), env(name, value))).toEqual([])
  })

  test.each(SECRET)("fails: %s=%s", (name, value) => {
    const fix = "put it in a Secret and refer to it by secretKeyRef"
    const what = `${name} looks like a secret, and its value stands in the manifest`
    expect(problemsOf(credentialInManifests, configMap(name, value), env(name, value))).toEqual([
      {
        code: "CREDENTIAL_IN_MANIFESTS",
        at: `${name}: ${JSON.stringify(value)}`,
        what: `ConfigMap settings: ${what}`,
        fix,
      },
      {
        code: "CREDENTIAL_IN_MANIFESTS",
        at: `value: ${JSON.stringify(value)}`,
        what: `Deployment backend: ${what}`,
        fix,
      },
    ])
  })

  test("passes: a reference to a Secret, and what has no values at all", () => {
    const reference = workload({
      container: "env: [{ name: DB_PASSWORD, valueFrom: { secretKeyRef: { name: app, key: DB_PASSWORD } } }]",
    })
    const empty = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }"
    const pruner = "apiVersion: example.com/v1\nkind: ConfigMap\nmetadata: { name: other }\ndata: { DB_PASSWORD: x }"
    expect(problemsOf(credentialInManifests, reference, empty, pruner)).toEqual([])
  })
})
