import type { Container } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import { runTool } from "../../../.dagger/src/util/tool.js"
import { packagesRow } from "../../../.dagger/src/verify/sbom.js"

/** A container whose execs end with these codes, one after the other, or (undefined) never. */
function ending(...codes: (number | undefined)[]) {
  const ran: string[] = []
  const container = {
    withEnvVariable: (name: string) => (ran.push(name), container),
    withExec: ([program]: string[]) => {
      ran.push(program!)
      const code = codes.shift()
      const answer = <T>(value: T) => (code === undefined ? new Promise<T>(() => {}) : Promise.resolve(value))
      return { exitCode: () => answer(code), stdout: () => answer("out"), stderr: () => answer("") }
    },
  }
  return { container: container as unknown as Container, ran }
}

describe("a tool", () => {
  test.each([
    ["that has done its work runs once", [0], undefined, ["tar"], 0],
    ["that has found nothing, too", [1], [0, 1], ["tar"], 1],
    ["that failed runs once more, past the cache", [2, 0], undefined, ["tar", "CLOUD_NATIVE_CALL", "tar"], 0],
    ["that fails again has failed", [2, 3], undefined, ["tar", "CLOUD_NATIVE_CALL", "tar"], 3],
  ])("%s", async (_, codes, done, expected, exitCode) => {
    const { container, ran } = ending(...codes)
    expect(await runTool(container, ["tar"], { name: "tar", done })).toMatchObject({ exitCode, stdout: "out" })
    expect(ran).toEqual(expected)
  })

  test("whose answer may change never runs from the cache, and once only", async () => {
    const { container, ran } = ending(2)
    expect(await runTool(container, ["oras"], { name: "oras", uncached: true })).toMatchObject({ exitCode: 2 })
    expect(ran).toEqual(["CLOUD_NATIVE_CALL", "oras"])
  })

  test("that does not end is an error", async () => {
    await expect(runTool(ending(undefined).container, ["tar"], { name: "tar", timeout: 0.01 })).rejects.toThrow(
      /^TIMED_OUT: tar did not end\n {2}it had 0.01 s/,
    )
  })
})

describe("an SBOM", () => {
  const image = { SPDXID: "SPDXRef-DocumentRoot-Image-app" }
  const relationships = [
    { spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: image.SPDXID },
  ]
  test.each([
    ["of packages", [image, { SPDXID: "SPDXRef-Package-python" }], "pass", "1 packages"],
    ["of nothing but the image itself", [image], "fail", "0 packages"],
    ["of nothing", [], "fail", "0 packages"],
  ])("%s", (_, packages, verdict, actual) => {
    expect(packagesRow({ spdxVersion: "SPDX-2.3", packages, relationships })).toMatchObject({ verdict, actual })
  })
})
