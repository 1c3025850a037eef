import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { configurationFor, unknowns } from "../../../.dagger/src/init/configuration.js"
import { type ApplicationName, candidates, discover, type Found } from "../../../.dagger/src/init/discover.js"

const CASES = join(import.meta.dirname, "cases/own-dockerfiles")

interface Case {
  about: string
  files: Record<string, string>
  /** What is found of each application; what is not in it is not found. */
  expected: Record<ApplicationName, Pick<Found, "dockerfile" | "context" | "target" | "dockerfiles" | "base">>
  /** What the list at the top of cloud-native.yaml says of them. */
  said?: string[]
}

describe("an application's own Dockerfile", () => {
  test.each(
    readdirSync(CASES).map(name => ({
      name,
      ...(parse(readFileSync(join(CASES, name, "case.yaml"), "utf8")) as Case),
    })),
  )("$name: $about", ({ files, expected, said = [] }) => {
    const layout = { files: Object.keys(files), texts: files }
    const of = (name: ApplicationName) => discover(name, candidates(name, layout)[0]!, layout)
    const findings = { backend: of("backend"), frontend: of("frontend") }
    const config = parseConfig(configurationFor("shop", findings), "cloud-native.yaml")
    for (const name of ["backend", "frontend"] as const) {
      const { dockerfile, context, target, dockerfiles } = findings[name]
      const { base, ...own } = expected[name]
      expect({ dockerfile, context, target, dockerfiles }).toEqual(own)
      expect(findings[name]).toMatchObject(base === undefined ? {} : { base })
      expect(config[name]).toMatchObject({
        dockerfile: dockerfile ?? `docker/${name}.dockerfile`,
        context: context ?? findings[name].path,
      })
      expect(config[name].target).toBe(target)
    }
    expect(unknowns(findings).filter(text => text.includes("Dockerfile:"))).toEqual(said)
  })
})
