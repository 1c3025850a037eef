import { Directory } from "@dagger.io/dagger"

import type { Config } from "../config/schema.js"
import { informingFiles, type Layout, writtenFiles } from "./layout.js"

/** Read what there is to know about the applications before anything is installed. */
export async function readLayout(source: Directory, config: Config): Promise<Layout> {
  const files = writtenFiles(await source.glob("**/*"))
  const wanted = informingFiles(files, config)
  const contents = await Promise.all(wanted.map(async path => [path, await source.file(path).contents()] as const))
  return { files, texts: Object.fromEntries(contents) }
}
