import type { Container, Service } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import {
  RegistryClient,
  registryFailed,
  remedyOf,
  takesNoReferrers,
  ToolFailed,
} from "../../../.dagger/src/registry/client.js"

describe("what a tool says", () => {
  test.each([
    ["unauthorized: authentication required", "--username and --password"],
    ["failed to resolve digest: basic credential not found", "--username and --password"],
    ["response status code 403: Forbidden", "--username and --password"],
    ["localhost:5000/nope:1: not found", "no such image"],
    ["dial tcp 127.0.0.1:1: connect: connection refused", "is up and can be reached"],
    ["signing digest: getting signer: reading key: decrypt: encrypted: decryption failed", "--signing-password"],
    ["signing digest: getting signer: reading key: unsupported pem type: RSA PRIVATE KEY", "--signing-key"],
    ["no answer within 120 s", "is up and can be reached"],
    ["localhost:5000 is the container itself; --registry-service=tcp://localhost:5000 leads there", "as said above"],
  ])("%s: the fix", (output, fix) => {
    expect(remedyOf(output)).toContain(fix)
  })
  test.each([
    [
      'Error response from registry: recognizable error message not found: PUT "https://r/v2/a/manifests/sha256:1": response status code 405: Method Not Allowed',
      true,
    ],
    ['PUT "https://r/v2/a/manifests/sha256:1": response status code 400: Bad Request', true],
    ["Error response from registry: manifest invalid: manifest invalid", true],
    ["Error response from registry: unsupported: The operation is unsupported.", true],
    ['POST "https://r/v2/a/blobs/uploads/": response status code 400: Bad Request', false],
    ['PUT "https://r/v2/a/manifests/sha256:1": response status code 403: Forbidden', false],
    ['PUT "https://r/v2/a/manifests/sha256:1": response status code 500: Internal Server Error', false],
    ["unauthorized: authentication required", false],
    ["no answer within 120 s", false],
    ["", false],
  ])("%j: the registry takes no attachments: %s", (output, expected) => {
    expect(takesNoReferrers(new ToolFailed(1, output))).toBe(expected)
  })
  test("is not said by any other error: manifest invalid", () => {
    expect(takesNoReferrers(new TypeError("manifest invalid"))).toBe(false)
  })
  test("becomes an error about the registry; any other error stays what it is", () => {
    expect(registryFailed("it cannot be found", new ToolFailed(1, "not found"))).toMatchObject({
      code: "REGISTRY_FAILED",
      blame: "environment",
      what: "it cannot be found",
      why: "not found",
    })
    const other = new TypeError("a bug")
    expect(registryFailed("it cannot be found", other)).toBe(other)
  })
})

describe("a registry, as a tool in a container sees it", () => {
  const service = { ports: async () => [{ port: async () => 5001 }] } as unknown as Service

  test("is the service that it was given as, in plain HTTP", async () => {
    const registry = await RegistryClient.open("localhost:5000", { service })
    expect(registry.seen("localhost:5000/acme/api:1")).toBe("registry:5001/acme/api:1")
    expect(registry.plainHttp).toBe(true)
  })
  test("is else at its own address, with TLS", async () => {
    const registry = await RegistryClient.open("ghcr.io", {})
    expect(registry.seen("ghcr.io/acme/api:1")).toBe("ghcr.io/acme/api:1")
    expect(registry.plainHttp).toBe(false)
  })
  test("is out of reach where its address is the container itself", async () => {
    await expect(RegistryClient.open("localhost:5000", {})).rejects.toMatchObject({
      exitCode: -1,
      output: expect.stringContaining("--registry-service=tcp://localhost:5000 leads there") as string,
    })
  })

  /** A tool that ends so, and what is done to its container. */
  function toolOf(exitCode: number, stdout: string, stderr: string) {
    const steps: unknown[] = []
    const tool = {
      withUser: (user: string) => (steps.push(["user", user]), tool),
      withEnvVariable: (name: string) => (steps.push(["variable", name]), tool),
      withServiceBinding: (alias: string, bound: Service) => (steps.push(["service", alias, bound]), tool),
      withExec: (args: string[], { useEntrypoint }: { useEntrypoint?: boolean }) => {
        steps.push(["run", ...args, useEntrypoint])
        return { exitCode: async () => exitCode, stdout: async () => stdout, stderr: async () => stderr }
      },
    }
    return { tool: tool as unknown as Container, steps }
  }

  test("is asked anew by each call, by the tool of the image, as root", async () => {
    const { tool, steps } = toolOf(0, "sha256:1\n", "a warning")
    const registry = await RegistryClient.open("localhost:5000", { service })
    expect(await registry.run(tool, ["resolve", "r/a:1"])).toBe("sha256:1\n")
    expect(steps).toEqual([
      ["user", "0:0"],
      ["variable", "DOCKER_CONFIG"],
      ["service", "registry", service],
      ["variable", "CLOUD_NATIVE_CALL"],
      ["run", "resolve", "r/a:1", true],
    ])
  })
  test.each([
    ["on stderr", "half an answer", " not found\n", "not found"],
    ["on stdout alone", " denied\n", "\n", "denied"],
  ])("fails with what the tool says: %s", async (_, stdout, stderr, output) => {
    const registry = await RegistryClient.open("ghcr.io", {})
    const failed = registry.run(toolOf(1, stdout, stderr).tool, ["resolve"])
    await expect(failed).rejects.toBeInstanceOf(ToolFailed)
    await expect(failed).rejects.toMatchObject({ exitCode: 1, output })
  })
  test("fails with the engine's words where the tool does not run", async () => {
    const tool = toolOf(0, "", "").tool
    tool.withExec = () => {
      throw new Error("no space left on device")
    }
    const registry = await RegistryClient.open("ghcr.io", {})
    await expect(registry.run(tool, ["resolve"])).rejects.toMatchObject({
      exitCode: -1,
      output: "no space left on device",
    })
  })
})
