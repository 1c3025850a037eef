import { posix } from "node:path"

import { parse } from "yaml"

/** What a folder of manifests is made of; folders are relative to it, "." is itself. */
export interface FolderLayout {
  /** Files with manifests as they are. */
  files: string[]
  /** Folders with a kustomization. */
  kustomizations: string[]
  /** Folders with a Helm chart. */
  charts: string[]
}

export const KUSTOMIZATIONS = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

/** The patterns of all files that say how a folder is laid out. */
export const LAYOUT_PATTERNS = ["**/*.yaml", "**/*.yml", "**/Kustomization"]

/**
 * The layout of a folder with these files. Subfolders are read too, as `kubectl apply --recursive` does, unless there is a
 * kustomization somewhere: then what they hold, such as patches, is for the kustomizations to use.
 */
export function layoutOf(paths: string[]): FolderLayout {
  const kustomizations = foldersWith(paths, KUSTOMIZATIONS)
  const charts = outermost(foldersWith(paths, ["Chart.yaml"]))
  const isRead = (path: string) =>
    /\.ya?ml$/.test(path) &&
    !KUSTOMIZATIONS.includes(posix.basename(path)) &&
    !charts.some(chart => isInside(path, chart)) &&
    (kustomizations.length === 0 || !path.includes("/"))
  return { files: paths.filter(isRead).sort(), kustomizations, charts }
}

/** The files with manifests of a subfolder. */
export function filesInside({ files }: FolderLayout, folder: string): string[] {
  return files.filter(path => isInside(path, folder))
}

/** The kustomizations that no other one is made of; `texts`: by folder. A component is a part only. */
export function environments(texts: Map<string, string>): string[] {
  const read = [...texts].map(([folder, text]) => ({ folder, ...kustomizationOf(text) }))
  const parts = read.flatMap(({ folder, uses }) => uses.map(path => posix.join(folder, path).replace(/\/$/, "")))
  return read
    .filter(({ folder, isComponent }) => !isComponent && !parts.includes(folder))
    .map(({ folder }) => folder)
    .sort()
}

/** A kustomization that cannot be read is one that uses nothing: kubectl says what is wrong with it. */
function kustomizationOf(text: string): { uses: string[]; isComponent: boolean } {
  const value = parsed(text)
  const uses = ["resources", "bases", "components"].flatMap(field => value[field])
  return {
    uses: uses.filter(item => typeof item === "string"),
    isComponent: value.kind === "Component",
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return (parse(text) as Record<string, unknown> | null) ?? {}
  } catch {
    return {}
  }
}

function foldersWith(paths: string[], names: string[]): string[] {
  const found = paths.filter(path => names.includes(posix.basename(path))).map(path => posix.dirname(path))
  return [...new Set(found)].sort()
}

/** Without those inside another one: a chart's own charts/ are its dependencies. */
function outermost(folders: string[]): string[] {
  return folders.filter(folder => !folders.some(other => other !== folder && isInside(folder, other)))
}

function isInside(path: string, folder: string): boolean {
  return folder === "." || path.startsWith(`${folder}/`)
}
