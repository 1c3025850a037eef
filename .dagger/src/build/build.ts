import { Container, Directory } from "@dagger.io/dagger"

import { applicationsOf } from "../config/applications.js"
import { secretsFor } from "../config/build-secrets.js"
import { buildContext, DOCKERFILE } from "../config/context.js"
import { type BuildSecrets, missingArguments, missingSecrets, parseDockerfile } from "../config/dockerfile.js"
import type { AppConfig, Config } from "../config/schema.js"
import type { AccessTo } from "../registry/access.js"
import { currentDigest } from "../registry/oras.js"
import { CloudNativeError, messageOf } from "../util/errors.js"
import { quietly } from "../util/quietly.js"
import { redact } from "../util/redact.js"
import { BASE_DIGEST, BASE_NAME, isSameTag } from "../verify/image/base.js"
import { type PinnedBase, pinnedBase } from "./base-image.js"

const REVISION = "org.opencontainers.image.revision"

/** What an image is built with, beside its source. */
export interface BuildMeans {
  /** How the registry of the base is reached. */
  accessTo: AccessTo
  /** What the Dockerfile may mount. */
  secrets: BuildSecrets
  /** Files that pin what the tests ran on, which the context gets. */
  pinned: Directory
  /** The commit, if that is known. */
  revision?: string
}

/** Build one application's image. */
export async function buildImage(
  source: Directory,
  name: string,
  config: Config,
  { accessTo, secrets, pinned, revision }: BuildMeans,
): Promise<Container> {
  const app = applicationsOf(config)[name]!
  console.log(`build: ${name} with ${app.dockerfile}`)
  try {
    const dockerfile = await source.file(app.dockerfile).contents()
    const missing = [...missingArguments(name, dockerfile, app), ...missingSecrets(dockerfile, app, secrets)]
    for (const warning of missing) console.log(`warning: ${name}: ${warning}`)
    const [context, base] = await Promise.all([buildContext(source, app), baseOf(dockerfile, app, config, accessTo)])
    const buildArgs = [
      ...Object.entries(app.buildArgs).map(([name, value]) => ({ name, value })),
      // An engine keeps a build by what it was given: without the digest, a tag that has moved would not be seen.
      { name: "CLOUD_NATIVE_BASE_DIGEST", value: base.digest },
    ]
    const built = context.withDirectory(".", pinned).dockerBuild({
      dockerfile: DOCKERFILE,
      buildArgs,
      target: app.target,
      secrets: secretsFor(parseDockerfile(dockerfile, app.buildArgs).secrets, secrets),
    })
    const image = await quietly(`build of ${name}`, () => built.sync())
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
      // An engine hides the secrets of its own execs; of a Dockerfile's steps, that is not promised.
      why: redact(messageOf(error), Object.values(secrets)),
      fix: "fix the step named above",
      cause: error,
    })
  }
}

/** The base that a Dockerfile pins; else what the name leads to now, which is what the build is given. */
async function baseOf(
  dockerfile: string,
  { base, target, buildArgs }: AppConfig,
  config: Config,
  accessTo: AccessTo,
): Promise<PinnedBase> {
  const pinned = pinnedBase(dockerfile, { target, buildArgs })
  return pinned ?? { name: base, digest: await currentDigest(base, config, accessTo) }
}

/** As a label and as an annotation: some tools read the one, some the other. */
function withRecord(image: Container, name: string, value: string): Container {
  return image.withLabel(name, value).withAnnotation(name, value)
}
