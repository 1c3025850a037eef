import { keyOf } from "../config/applications.js"
import type { AppConfig } from "../config/schema.js"
import { unmet } from "./asked.js"
import type { Asked, Language } from "./suite.js"

/** Official images by version, that of the conventions first. */
const OFFICIAL: Record<Language, { versions: string[]; image: (version: string) => string }> = {
  python: { versions: ["3.13", "3.14", "3.12", "3.11", "3.10"], image: version => `python:${version}-slim` },
  node: { versions: ["20", "22", "24", "18"], image: version => `node:${version}-alpine` },
}

/** The official image that has what a repository asks for; undefined where none has it. Its tag has the newest patch release. */
export function officialBase(language: Language, asked: Asked[]): string | undefined {
  const { versions, image } = OFFICIAL[language]
  const fitting = versions.find(version => unmet(asked, `${version}.99.99`).length === 0)
  return fitting && image(fitting)
}

/** What to do where the image that the suite runs in lacks what the repository asks for. */
export function otherBase(name: string, app: AppConfig, language: Language, asked: Asked[]): string {
  const base = officialBase(language, asked) ?? "an image that has it"
  const steps = app.test.target
    ? [`build the stage ${app.test.target} of ${app.dockerfile} on ${base}`]
    : [
        // Where the base is read from the Dockerfile, there is one place to change.
        ...(app.readsBase ? [] : [`set ${keyOf(name)}.base in cloud-native.yaml to ${base}`]),
        app.readsBase ? `change FROM in ${app.dockerfile} to ${base}` : `FROM in ${app.dockerfile} to the same`,
      ]
  return `${steps.join(", and ")}; or change the file named above`
}
