import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { CloudNativeError } from "../../../.dagger/src/util/errors.js"

const CASES = join(import.meta.dirname, "cases")

/** A case is a configuration with what it is read as (expected.json, at least), or with the error that it gives (expected.txt, exactly). */
describe("cloud-native.yaml", () => {
  test.each(readdirSync(CASES))("%s", name => {
    const folder = join(CASES, name)
    const read = (file: string) => readFileSync(join(folder, file), "utf8")
    const parse = () => parseConfig(read("cloud-native.yaml"), "cloud-native.yaml")
    if (readdirSync(folder).includes("expected.json")) {
      expect(parse()).toMatchObject(JSON.parse(read("expected.json")))
    } else {
      expect(errorOf(parse).message).toBe(read("expected.txt").trimEnd())
    }
  })

  test("of this repository is valid", () => {
    expect(parseConfig(readFileSync("cloud-native.yaml", "utf8"), "cloud-native.yaml").handshake).not.toHaveLength(0)
  })

  test("is named in the error as the user named it", () => {
    expect(errorOf(() => parseConfig("x: 1", "other.yaml")).message).toContain("other.yaml:1:1 x:")
  })
})

function errorOf(run: () => unknown): CloudNativeError {
  try {
    run()
  } catch (error) {
    expect(error).toMatchObject({ name: "CloudNativeError", code: "CONFIG_INVALID", blame: "user" })
    return error as CloudNativeError
  }
  throw new Error("no error was thrown")
}
