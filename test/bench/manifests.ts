import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { parseAllDocuments, stringify } from "yaml"

import { yamlFiles } from "../unit/manifests/files.ts"

export interface Manifest {
  kind: string
  metadata: { name: string; annotations?: Record<string, string> }
  spec?: any
}

/** A source's manifests, without its overlays, with the images and the address filled in, as a template engine or `sed` would. */
export function manifestsOf(source: string, images: Record<string, string>, publicUrl: string): Manifest[] {
  const texts = yamlFiles(join(source, "k8s")).map(({ text }) => text.replaceAll("${PUBLIC_URL}", publicUrl))
  return texts.flatMap(text => fill(text, images))
}

/** Manifests with the applications' images filled in. */
export function fill(text: string, images: Record<string, string>): Manifest[] {
  const filled = text.replace(
    /^(\s+(?:- )?image:) (backend|frontend)$/gm,
    (_, key, application) => `${key} ${images[application]}`,
  )
  return parseAllDocuments(filled).map(document => document.toJS() as Manifest)
}

/** The same as a chart of Helm; what is to run before each upgrade is a hook there. */
export function writeChart(folder: string, manifests: Manifest[]): void {
  mkdirSync(join(folder, "templates"), { recursive: true })
  writeFileSync(join(folder, "Chart.yaml"), stringify({ apiVersion: "v2", name: "bench", version: "1.0.0" }))
  const text = manifests.map(manifest => stringify(manifest.kind === "Job" ? asHook(manifest) : manifest)).join("---\n")
  writeFileSync(join(folder, "templates", "app.yaml"), text.replaceAll("{{", '{{ "{{" }}'))
}

function asHook(manifest: Manifest): Manifest {
  const annotations = {
    ...manifest.metadata.annotations,
    "helm.sh/hook": "pre-install,pre-upgrade",
    "helm.sh/hook-delete-policy": "before-hook-creation",
  }
  return { ...manifest, metadata: { ...manifest.metadata, annotations } }
}
