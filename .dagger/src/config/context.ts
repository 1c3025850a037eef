import { Directory } from "@dagger.io/dagger"

import type { AppConfig } from "./schema.js"

/** Name of the Dockerfile in the context: it may come from anywhere in the source. */
export const DOCKERFILE = ".cloud-native.dockerfile"

/** What an image is built from: the context without what its .dockerignore excludes, and the Dockerfile. */
export async function buildContext(source: Directory, app: AppConfig): Promise<Directory> {
  const context = source.directory(app.context)
  const ignored = await ignorePatterns(source, app)
  return context
    .filter({ exclude: ignored })
    .withoutFile(".dockerignore")
    .withFile(DOCKERFILE, source.file(app.dockerfile))
}

/** Those of the file beside the Dockerfile that has its name, else those of the context's own, as BuildKit reads them. */
async function ignorePatterns(source: Directory, { context, dockerfile }: AppConfig): Promise<string[]> {
  for (const path of [`${dockerfile}.dockerignore`, `${context}/.dockerignore`]) {
    if (await source.exists(path)) return parseIgnore(await source.file(path).contents())
  }
  return []
}

/** The patterns of a .dockerignore. Docker takes a slash at the beginning off, as the context is the root; an engine's filter does not. */
export function parseIgnore(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => !line.startsWith("#"))
    .map(line => line.replace(/^(!?)\s*\/+/, "$1"))
    .filter(line => line !== "" && line !== "!")
}
