import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { configurationFor } from "../../../.dagger/src/init/configuration.js"
import { type ApplicationName, discover } from "../../../.dagger/src/init/discover.js"
import { type SystemPackages, systemPackages } from "../../../.dagger/src/init/system-packages.js"

const CASES = join(import.meta.dirname, "cases/system-packages")

interface Case {
  about: string
  application: ApplicationName
  dockerfile: string
  expected: SystemPackages | null
}

describe("the system packages that the suite needs are those of the stage that installs", () => {
  test.each(
    readdirSync(CASES).map(name => ({
      name,
      ...(parse(readFileSync(join(CASES, name, "case.yaml"), "utf8")) as Case),
    })),
  )("$name: $about", ({ application, dockerfile, expected }) => {
    expect(systemPackages(application, dockerfile) ?? null).toEqual(expected)
  })
})

describe("the configuration that init writes", () => {
  const DOCKERFILE = "FROM python:3.12 AS build\nRUN apt-get install -y gcc\nRUN pip install -r requirements.txt\n"
  const written = (more: Record<string, string>) => {
    const texts = { "api/Dockerfile": DOCKERFILE, "web/package.json": "{}", ...more }
    const layout = { files: Object.keys(texts), texts }
    const found = { backend: discover("backend", "api", layout), frontend: discover("frontend", "web", layout) }
    return parseConfig(configurationFor("shop", found), "cloud-native.yaml").backend.test
  }

  test("names the stage, beside the database that the tests need", () => {
    const files = { "api/test_main.py": "", "api/requirements.txt": "fastapi\npsycopg2\n" }
    expect(written(files)).toMatchObject({ target: "build", services: ["postgres"] })
    const unnamed = { ...files, "api/Dockerfile": DOCKERFILE.replace(" AS build", "") }
    expect(written(unnamed)).toMatchObject({ packages: ["gcc"], services: ["postgres"] })
    expect(written(unnamed).target).toBeUndefined()
  })

  test("names none where there are no tests", () => {
    const { target, packages } = written({ "api/requirements.txt": "fastapi\n" })
    expect([target, packages]).toEqual([undefined, []])
  })
})
