import { readFileSync } from "node:fs"
import { join } from "node:path"

import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { type Release, render } from "../../../.dagger/src/manifests/render.ts"

const TEXT = readFileSync(join(import.meta.dirname, "shop.yaml"), "utf8")

/** The release of shop.yaml, with the images of a version; more manifests may be given. */
export function shop(version: string, ...more: string[]): Release {
  const image = (name: string) => `registry.example.com/${name}@sha256:${version.repeat(64)}`
  const manifests = parseManifests([{ name: "shop.yaml", text: [TEXT, ...more].join("\n---\n") }])
  return render(manifests, {
    name: "shop",
    namespace: "shop",
    images: { backend: image("backend"), frontend: image("frontend") },
    publicUrl: "https://shop.example.com",
    secretName: "app-secrets",
  })
}
