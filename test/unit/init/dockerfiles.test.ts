import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, test } from "vitest"
import { parse } from "yaml"

import { parseConfig } from "../../../.dagger/src/config/parse.js"
import { configurationFor } from "../../../.dagger/src/init/configuration.js"
import { type ApplicationName, candidates, discover } from "../../../.dagger/src/init/discover.js"
import { adaptBackend, adaptFrontend } from "../../../.dagger/src/init/dockerfiles.js"
import { withoutTasks } from "../../../.dagger/src/init/manifests.js"

const CASES = join(import.meta.dirname, "cases/bases")
const TEMPLATES = join(import.meta.dirname, "../../../.dagger/templates/docker")
const ADAPT = { backend: adaptBackend, frontend: adaptFrontend }

interface Case {
  about: string
  files: Record<string, string>
  /** What the written cloud-native.yaml has of these keys. */
  config: object
  /** What it says at its top. */
  said?: string[]
  /** Lines of the Dockerfiles that are written. */
  dockerfiles: Partial<Record<ApplicationName, string[]>>
  /** Texts that neither the configuration nor a Dockerfile has. */
  never: string[]
}

describe("a repository without Dockerfiles gets them for what it asks for", () => {
  test.each(
    readdirSync(CASES).map(name => ({
      name,
      ...(parse(readFileSync(join(CASES, name, "case.yaml"), "utf8")) as Case),
    })),
  )("$name: $about", ({ files, config, said = [], dockerfiles, never }) => {
    const layout = { files: Object.keys(files), texts: files }
    const of = (name: ApplicationName) => discover(name, candidates(name, layout)[0]!, layout)
    const findings = { backend: of("backend"), frontend: of("frontend") }
    const written = configurationFor("shop", findings)
    const texts = Object.entries(dockerfiles).map(([name, lines]) => {
      const template = withoutTasks(readFileSync(join(TEMPLATES, `${name}.dockerfile`), "utf8"))
      const text = ADAPT[name as ApplicationName](template, findings[name as ApplicationName], layout)
      expect(text.split("\n")).toEqual(expect.arrayContaining(lines))
      return text
    })
    expect(parseConfig(written, "cloud-native.yaml")).toMatchObject(config)
    for (const text of said) expect(written).toContain(`# - ${text}`)
    for (const text of [written, ...texts]) for (const part of never) expect(text).not.toContain(part)
  })
})
