import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { CloudNativeError } from "../../../.dagger/src/util/errors.js"

const CASES = join(import.meta.dirname, "cases")

/** A case is a configuration with what it is read as (expected.json, at least), or with the error that it gives (expected.txt, exactly). */
describe("cloud-native.yaml", () => {
  const read = (name: string, file: string) => readFileSync(join(CASES, name, file), "utf8")
  const parse = (name: string) => parseConfig(read(name, "cloud-native.yaml"), "cloud-native.yaml")
  const isRead = (name: string) => existsSync(join(CASES, name, "expected.json"))
  const names = readdirSync(CASES)

  test.each(names.filter(isRead))("%s: is read", name => {
    expect(parse(name)).toMatchObject(JSON.parse(read(name, "expected.json")))
  })
  test.each(names.filter(name => !isRead(name)))("%s: is refused", name => {
    expect(errorOf(() => parse(name)).message).toBe(read(name, "expected.txt").trimEnd())
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
