import { Container, dag, Directory, File } from "@dagger.io/dagger"

import type { AppConfig } from "../config/schema.js"
import { CloudNativeError, messageOf } from "../util/errors.js"
import { BASE_DIGEST, BASE_NAME, isSameTag } from "../verify/image/base.js"
import { type PinnedBase, pinnedBase } from "./base-image.js"

const DOCKERFILE = ".cloud-native.dockerfile"

const REVISION = "org.opencontainers.image.revision"

/** Build one application's image, of a commit if that is known; the Dockerfile may live outside the folder that is its context. */
export async function buildImage(
  source: Directory,
  name: string,
  app: AppConfig,
  revision?: string,
): Promise<Container> {
  const context = source.directory(app.path).withFile(DOCKERFILE, source.file(app.dockerfile))
  console.log(`build: ${name} with ${app.dockerfile}`)
  try {
    const base = await baseOf(source.file(app.dockerfile), app.base)
    // An engine keeps a build by what it was given: without the digest, a tag that has moved would not be seen.
    const buildArgs = [{ name: "CLOUD_NATIVE_BASE_DIGEST", value: base.digest }]
    const image = await context.dockerBuild({ dockerfile: DOCKERFILE, buildArgs }).sync()
    // A Dockerfile may say it itself; what its base says of the base's own is of another name.
    const recorded = isSameTag((await image.label(BASE_NAME)) ?? "", app.base) && (await image.label(BASE_DIGEST))
    const based = recorded ? image : withRecord(withRecord(image, BASE_NAME, base.name), BASE_DIGEST, base.digest)
    // Last: no layer is made anew for another commit.
    return revision ? withRecord(based, REVISION, revision) : based
  } catch (error) {
    throw new CloudNativeError({
      code: "BUILD_FAILED",
      blame: "user",
      what: `${app.dockerfile} does not build; nothing was pushed`,
      why: messageOf(error),
      fix: "fix the step named above",
      cause: error,
    })
  }
}

/** The base that a Dockerfile pins; else what the name leads to now, which is what the build is given. */
async function baseOf(dockerfile: File, name: string): Promise<PinnedBase> {
  const [text, today] = await Promise.all([dockerfile.contents(), dag.container().from(name).imageRef()])
  return pinnedBase(text) ?? { name, digest: today.split("@").at(-1)! }
}

/** As a label and as an annotation: some tools read the one, some the other. */
function withRecord(image: Container, name: string, value: string): Container {
  return image.withLabel(name, value).withAnnotation(name, value)
}
