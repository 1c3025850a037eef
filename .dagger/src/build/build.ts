import { Container, dag, Directory } from "@dagger.io/dagger"

import type { AppConfig } from "../config/schema.js"
import { CloudNativeError, messageOf } from "../errors.js"
import { BASE_DIGEST, BASE_NAME } from "../verify/base.js"

const DOCKERFILE = ".cloud-native.dockerfile"

/** Build one application's image; the Dockerfile may live outside the folder that is its context. */
export async function buildImage(source: Directory, name: string, app: AppConfig): Promise<Container> {
  const context = source.directory(app.path).withFile(DOCKERFILE, source.file(app.dockerfile))
  console.log(`build: ${name} with ${app.dockerfile}`)
  try {
    const [image, base] = await Promise.all([
      context.dockerBuild({ dockerfile: DOCKERFILE }).sync(),
      dag.container().from(app.base).imageRef(),
    ])
    return withRecord(withRecord(image, BASE_NAME, app.base), BASE_DIGEST, base.split("@").at(-1)!)
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

/** As a label and as an annotation: some tools read the one, some the other. */
function withRecord(image: Container, name: string, value: string): Container {
  return image.withLabel(name, value).withAnnotation(name, value)
}
