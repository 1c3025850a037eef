import { posix } from "node:path"

import { Container, Directory } from "@dagger.io/dagger"

import { type NextBuild, readNextBuild } from "./next-build.js"

/** The build in an image that runs Next.js; undefined where there is none that this module knows. */
export async function nextBuildOf(image: Container): Promise<NextBuild | undefined> {
  try {
    const root = image.directory((await image.workdir()) || "/")
    const ids = await root.glob("**/.next/BUILD_ID")
    const found = ids.find(path => !path.includes("node_modules/"))
    if (found === undefined) return undefined
    const folder = root.directory(posix.dirname(found))
    return readNextBuild({
      buildId: await folder.file("BUILD_ID").contents(),
      server: await textOf(folder, "required-server-files.json"),
      references: await textOf(folder, "server/server-reference-manifest.json"),
      browser: await folder.glob("static/**/*"),
    })
  } catch {
    // The key is in one of these files: no error of theirs is shown.
    console.log("verify: warning: the frontend's build is not one that can be compared with another")
    return undefined
  }
}

async function textOf(folder: Directory, path: string): Promise<string | undefined> {
  return (await folder.exists(path)) ? folder.file(path).contents() : undefined
}
