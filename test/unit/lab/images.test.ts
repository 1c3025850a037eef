import { describe, expect, it } from "vitest"

import { fullName } from "../../lab/images.ts"

describe("fullName", () => {
  it.each([
    ["python", "docker.io/library/python:latest"],
    ["python:3.13-slim", "docker.io/library/python:3.13-slim"],
    ["grafana/k6:1.8.1", "docker.io/grafana/k6:1.8.1"],
    ["docker.io/rancher/k3s:v1.34.4-k3s1", "docker.io/rancher/k3s:v1.34.4-k3s1"],
    ["localhost:5000/shop-backend:1", "localhost:5000/shop-backend:1"],
    ["localhost:5000/shop-backend", "localhost:5000/shop-backend:latest"],
    ["localhost/shop:1", "localhost/shop:1"],
    ["ghcr.io/acme/shop@sha256:0123", "ghcr.io/acme/shop@sha256:0123"],
    ["docker.io/python:3.13-slim", "docker.io/library/python:3.13-slim"],
  ])("%s is %s", (reference, full) => {
    expect(fullName(reference)).toBe(full)
  })
})
