import type { Service } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { hostOf, namesOf, notPushed, remedyOfPush, tagOf } from "../../../.dagger/src/push/publish.js"
import { parseReference } from "../../../.dagger/src/registry/reference.js"

const service = {} as Service
const ECR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"

test("images are named below the registry's path", () => {
  expect(namesOf("ghcr.io/acme", parseConfig("name: shop\napplications: { worker: {} }", "cloud-native.yaml"))).toEqual(
    {
      backend: "ghcr.io/acme/shop-backend",
      frontend: "ghcr.io/acme/shop-frontend",
      worker: "ghcr.io/acme/shop-worker",
    },
  )
})

test("images that are yet to be pushed have a placeholder for each application", () => {
  const config = parseConfig("applications: { worker: {} }", "cloud-native.yaml")
  expect(notPushed(config)).toEqual({ backend: "<new>", frontend: "<new>", worker: "<new>" })
})

test("the registry of a release is that of its images", () => {
  expect(hostOf({ backend: "localhost:5000/acme/api:1", frontend: "localhost:5000/acme/web:1" })).toBe("localhost:5000")
})

describe("a tag", () => {
  const source = `sha256:${"a".repeat(64)}`
  test("is another one for another image of the same source: no tag is pushed twice", () => {
    expect(tagOf(source, `sha256:${"b".repeat(64)}`)).toBe("aaaaaaaaaaaa-bbbbbbbbbbbb")
    expect(tagOf(source, `sha256:${"c".repeat(64)}`)).not.toBe(tagOf(source, `sha256:${"b".repeat(64)}`))
  })
})

describe("the fix of a failed push", () => {
  test.each([
    [
      "connect ECONNREFUSED 127.0.0.1:1",
      "localhost:1",
      {},
      /the registry is up.*--registry-service=tcp:\/\/localhost:1$/,
    ],
    ["connect ECONNREFUSED 127.0.0.1:1", "localhost:1", { service }, /the registry is up, and what it answered$/],
    ["dial tcp: lookup registry.invalid: no such host", "registry.invalid", {}, /^check the address/],
    ["unexpected status from HEAD request: 401 Unauthorized", "ghcr.io", {}, /--username and --password/],
    ["denied: requested access to the resource is denied", "localhost:5000", {}, /--username and --password/],
    [
      "tag invalid: The image tag '0123456789ab' already exists in the 'shop-backend' repository and cannot be overwritten because the repository is immutable.",
      ECR,
      {},
      /^the registry lets no tag be overwritten/,
    ],
    [
      "name unknown: The repository with name 'shop-backend' does not exist in the registry with id '111122223333'",
      ECR,
      {},
      /aws ecr create-repository --repository-name shop-backend --region eu-central-1$/,
    ],
    ["repository acme/shop-backend not found", "registry.example.com", {}, /^create the repository shop-backend/],
    [
      "NAME_UNKNOWN: repository name not known to registry",
      "registry.example.com",
      {},
      /^create the repository shop-backend/,
    ],
  ])("%j of %s", (output, host, access, expected) => {
    expect(remedyOfPush(output, parseReference(`${host}/shop-backend:1`), access)).toMatch(expected)
  })
})
