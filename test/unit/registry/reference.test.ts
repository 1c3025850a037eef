import { describe, expect, test } from "vitest"

import { formatReference, isLoopback, parseReference, parseRegistry } from "../../../.dagger/src/registry/reference.js"

const DIGEST = `sha256:${"0a".repeat(32)}`

describe("a reference", () => {
  test.each([
    ["ghcr.io/acme/api:1.2", "ghcr.io/acme/api:1.2"],
    ["localhost:5000/shop-backend:1", "localhost:5000/shop-backend:1"],
    ["localhost/api:1", "localhost/api:1"],
    ["acme/api:1.2", "docker.io/acme/api:1.2"],
    ["python:3.13-slim", "docker.io/library/python:3.13-slim"],
    ["registry-1.docker.io/python:3.13", "docker.io/library/python:3.13"],
    ["registry:5000/acme/api:1", "registry:5000/acme/api:1"],
    ["registry.local/api:1", "registry.local/api:1"],
    ["registry/api:1", "docker.io/registry/api:1"],
    [`ghcr.io/acme/api@${DIGEST}`, `ghcr.io/acme/api@${DIGEST}`],
    [`localhost:5000/api:1@${DIGEST}`, `localhost:5000/api@${DIGEST}`],
  ])("%s is %s", (text, expected) => {
    expect(formatReference(parseReference(text))).toBe(expected)
  })
  test.each([
    "",
    "ghcr.io/acme/api",
    "localhost:5000/api",
    "api:",
    "ghcr.io/acme/api@sha256:123",
    "ghcr.io/Acme Inc/api:1",
    "https://ghcr.io/acme/api:1",
  ])("%j does not name one image", text => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({
        code: "ARGUMENTS_INVALID",
        blame: "user",
        what: `"${text}" does not name one image`,
        why: "expected a registry, a path in it, and a tag or a digest; latest is not assumed",
        fix: "write for example ghcr.io/acme/shop-backend:1.2 or ghcr.io/acme/shop-backend@sha256:…",
      }),
    )
  })
  test.each([
    ["localhost:5000", true],
    ["127.0.0.1:5000", true],
    ["127.10.20.30:5000", true],
    ["[::1]:5000", true],
    ["localhost", true],
    ["127.0.0.1", true],
    ["my-localhost:5000", false],
    ["localhost:", false],
    ["localhost:port", false],
    ["127.0.0.1.example.com", false],
    ["localhost.example.com", false],
    ["ghcr.io", false],
    ["10.0.0.1:5000", false],
  ])("%s is another machine in every container: %s", (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })
})

describe("--registry", () => {
  test.each([
    ["ghcr.io/acme", "ghcr.io", "ghcr.io/acme"],
    ["ghcr.io/Acme", "ghcr.io", "ghcr.io/acme"],
    ["https://ghcr.io/acme/", "ghcr.io", "ghcr.io/acme"],
    [" ghcr.io/acme/shop//\n", "ghcr.io", "ghcr.io/acme/shop"],
    ["ghcr.io/acme_corp/my-shop.eu", "ghcr.io", "ghcr.io/acme_corp/my-shop.eu"],
    ["ghcr.io/r/acme", "ghcr.io", "ghcr.io/r/acme"],
    ["repositories-acme", "docker.io", "docker.io/repositories-acme"],
    ["HTTPS://GHCR.io/Acme/Shop", "ghcr.io", "ghcr.io/acme/shop"],
    ["acme", "docker.io", "docker.io/acme"],
    ["acme/shop", "docker.io", "docker.io/acme/shop"],
    ["index.docker.io/acme", "docker.io", "docker.io/acme"],
    ["hub.docker.com/acme", "docker.io", "docker.io/acme"],
    ["localhost:5000", "localhost:5000", "localhost:5000"],
    ["http://localhost:5000/acme", "localhost:5000", "localhost:5000/acme"],
    ["localhost", "localhost", "localhost"],
    ["registry.example.com:5000", "registry.example.com:5000", "registry.example.com:5000"],
    [
      "111122223333.dkr.ecr.eu-central-1.amazonaws.com",
      "111122223333.dkr.ecr.eu-central-1.amazonaws.com",
      "111122223333.dkr.ecr.eu-central-1.amazonaws.com",
    ],
  ])("%s is %s, %s", (text, host, prefix) => {
    expect(parseRegistry(text)).toEqual({ host, prefix })
    expect(parseRegistry(prefix)).toEqual({ host, prefix })
  })
  test.each([
    ["", "Docker Hub needs the name of an account"],
    ["docker.io", "Docker Hub needs the name of an account"],
    ["http://registry.example.com/acme", "without a scheme"],
    ["oci://ghcr.io/acme", "without a scheme"],
    ["ghcr.io/acme:1.2", "the tag is set by this module"],
    [`ghcr.io/acme@${DIGEST}`, "the tag is set by this module"],
    ["ghcr.io/acme inc", "is not a valid path"],
    ["https://hub.docker.com/r/acme/shop", "the address of a page"],
    ["https://index.docker.io/v1/", "the address of a page"],
    ["https://github.com/acme", "its registry is ghcr.io"],
    ["gitlab.com/acme/shop", "its registry is registry.gitlab.com"],
    ["ghcr.io//acme", '"/acme" is not a valid path: letters, digits and . _ - between them'],
    ["/acme", '"/acme" is not a valid path'],
    ["ghcr.io/acme-", "is not a valid path"],
    ["http://localhost.example.com/acme", "plain HTTP is for localhost only"],
    ["https://http://ghcr.io", "without a scheme"],
    ["ghcr.io/https://acme", "without a scheme"],
    ["localhost:5000/http://acme", "without a scheme"],
  ])("%j is refused", (text, why) => {
    expect(() => parseRegistry(text)).toThrow(
      expect.objectContaining({
        code: "ARGUMENTS_INVALID",
        what: `--registry=${text} is not a place for images`,
        why: expect.stringContaining(why) as string,
        fix: "write host and path, for example --registry=ghcr.io/acme",
      }),
    )
  })
})
