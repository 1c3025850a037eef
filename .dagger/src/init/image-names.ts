import { isCalledAfter, lastPartOf } from "../manifests/own-images.js"
import type { ApplicationName } from "./discover.js"

/** Names that people give to an application's image, beside that of its folder. */
const NAMES: Record<ApplicationName, RegExp> = {
  backend: /(^|[-_.])(backend|api|fastapi|server)$/,
  frontend: /(^|[-_.])(frontend|web|ui|next|nextjs|client)$/,
}

/** Whether a word alone may name an application, by default either of the two. */
export function isUsual(word: string, name?: ApplicationName): boolean {
  const patterns = name === undefined ? Object.values(NAMES) : [NAMES[name]]
  return patterns.some(pattern => pattern.exec(word)?.index === 0 && !/[-_.]/.test(word))
}

/** Whether an image is that of an application in a folder; `others` are the words that other applications' images end in. */
export function isImageOf(name: ApplicationName, path: string, image: string, others: string[]): boolean {
  const last = lastPartOf(image)
  const folder = path.split("/").at(-1)!
  if (last === folder) return true
  const isFolders = last.endsWith(`-${folder}`)
  // The longest word says the most: shop-mcp-server is of mcp-server rather than of server.
  const isOthers = others.some(word => isCalledAfter(image, [word]) && !(isFolders && word.length < folder.length))
  return (isFolders || NAMES[name].test(last)) && !isOthers
}
