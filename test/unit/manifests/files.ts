import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { type Manifest, parseManifests } from "../../../.dagger/src/manifests/parse.ts"

const REPOSITORY = join(import.meta.dirname, "../../..")

/** A folder of test/unit/cases/manifests. */
export function caseFolder(...path: string[]): string {
  return join(import.meta.dirname, "cases", ...path)
}

/** The manifests of a folder, by name and text. */
export function yamlFiles(folder: string): { name: string; text: string }[] {
  return readdirSync(folder)
    .filter(name => name.endsWith(".yaml"))
    .sort()
    .map(name => ({ name, text: readFileSync(join(folder, name), "utf8") }))
}

/** This repository's own k8s/. */
export function ownManifests(): Manifest[] {
  return parseManifests(yamlFiles(join(REPOSITORY, "k8s")))
}

export function ownFile(path: string): string {
  return readFileSync(join(REPOSITORY, path), "utf8")
}
