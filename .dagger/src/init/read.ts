import { Directory } from "@dagger.io/dagger"

import { isIn, type Layout } from "../gate/layout.js"
import { chartTexts } from "./charts.js"
import { isCompose } from "./compose.js"
import { possibleManifests } from "./deployed.js"
import { isAside } from "./discover.js"
import { deployingFiles } from "./releases.js"

const MADE = /(^|\/)(node_modules|\.venv|venv|\.next|__pycache__|\.git)\//
const MANIFEST =
  /(^|\/)(package\.json|pyproject\.toml|requirements[^/]*\.txt|requirements\/[^/]+\.txt|pnpm-(lock|workspace)\.yaml|yarn\.lock|Chart\.yaml|\.(python|node)-version|\.nvmrc)$/
const SOURCE = /\.py$|(^|\/)\.env(\.\w+)*\.(example|sample|template)$/
/** Files of one application that are read at most; one with more says where its modules are in the first ones. */
const MOST = 400
const MOST_MANIFESTS = 200

/** All paths of a repository, and the texts of its packages' manifests. */
export async function readManifests(source: Directory): Promise<Layout> {
  const files = (await source.glob("**/*")).filter(path => !path.endsWith("/") && !MADE.test(path))
  return {
    files,
    texts: await textsOf(
      source,
      files.filter(path => MANIFEST.test(path)),
    ),
  }
}

/** The same, with the texts of what the applications themselves say of their routes, images and settings. */
export async function readApplications(source: Directory, folders: string[], layout: Layout): Promise<Layout> {
  const wanted = layout.files
    .filter(path => folders.some(folder => isIn(folder, path)) && SOURCE.test(path))
    .slice(0, MOST)
  const dockerfiles = layout.files
    .filter(path => (/(^|\/)(Dockerfile[^/]*|[^/]+\.dockerfile)$/i.test(path) || isCompose(path)) && !isAside(path))
    .slice(0, MOST_MANIFESTS)
  const manifests = possibleManifests(layout).slice(0, MOST_MANIFESTS)
  const deploying = chartTexts(layout).length > 0 ? deployingFiles(layout).slice(0, MOST_MANIFESTS) : []
  const texts = await textsOf(source, [...wanted, ...dockerfiles, ...manifests, ...chartTexts(layout), ...deploying])
  return { ...layout, texts: { ...layout.texts, ...texts } }
}

async function textsOf(source: Directory, paths: string[]): Promise<Layout["texts"]> {
  return Object.fromEntries(
    await Promise.all(paths.map(async path => [path, await source.file(path).contents()] as const)),
  )
}
