import { Container, Directory } from "@dagger.io/dagger"

import type { AppConfig } from "../config/schema.js"
import { CloudNativeError, messageOf } from "../errors.js"

const DOCKERFILE = ".cloud-native.dockerfile"

/** Build one application's image; the Dockerfile may live outside the folder that is its context. */
export async function buildImage(source: Directory, name: string, app: AppConfig): Promise<Container> {
  const context = source.directory(app.path).withFile(DOCKERFILE, source.file(app.dockerfile))
  console.log(`build: ${name} with ${app.dockerfile}`)
  try {
    return await context.dockerBuild({ dockerfile: DOCKERFILE }).sync()
  } catch (error) {
    throw new CloudNativeError({
      code: "BUILD_FAILED",
      blame: "user",
      what: `${app.dockerfile} does not build; nothing was pushed`,
      why: messageOf(error),
      fix: "mend the step named above",
      cause: error,
    })
  }
}
