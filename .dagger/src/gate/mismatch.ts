import semver from "semver"

import type { AppConfig } from "../config/schema.js"
import { CloudNativeError } from "../util/errors.js"
import { unmet } from "./asked.js"
import { otherBase } from "./bases.js"
import { unfit } from "./installed.js"
import type { Expected, Suite } from "./suite.js"

/** The interpreter that the repository asks for a version of; undefined where it asks for none, or for one that does not run the suite. */
export function programOf({ asked, expected }: Pick<Suite, "asked" | "expected">): string | undefined {
  const [first] = asked
  if (!first) return undefined
  if (first.language === "python") return "python3"
  return expected?.interpreter[0] === "bun" ? undefined : "node"
}

/** The error of an interpreter of another version than the repository asks for. */
export function interpreterMismatch(
  name: string,
  app: AppConfig,
  { asked, base }: Pick<Suite, "asked" | "base">,
  version: string,
): CloudNativeError | undefined {
  const [first, ...others] = unmet(asked, version)
  if (!first) return undefined
  const image = imageOf(app, base)
  return new CloudNativeError({
    code: "TEST_RUNNER_FAILED",
    blame: "user",
    what: `${image} does not have the version that the ${name} asks for; nothing was installed`,
    why: [
      `${image} has ${version.startsWith("v") ? `Node.js ${version}` : version}`,
      ...[first, ...others].map(({ range, file }) => `${file} asks for ${range}`),
    ].join("\n"),
    fix: otherBase(name, app, first.language, asked),
  })
}

/** What to say of an npm of another major version than the manifest asks for. */
export function npmMismatch(app: AppConfig, { npm, base }: Pick<Suite, "npm" | "base">, version: string): string[] {
  const [asked, found] = [npm?.version, version].map(text => semver.coerce(text)?.major)
  if (!npm || asked === undefined || found === undefined || asked === found) return []
  return [
    `${npm.file} (packageManager) asks for npm ${npm.version}, and ${imageOf(app, base)} has npm ${version}, which installs for the tests and for the image: add RUN npm install --global npm@${npm.version} to ${app.dockerfile}, which the tests then follow; or change packageManager`,
  ]
}

/** The error of an installation that ended well, and did not install what manifest and lockfile say. */
export function installationMismatch(
  changedLockfiles: string[],
  expected: Expected | undefined,
  versions: Record<string, string | null>,
): CloudNativeError | undefined {
  const problems = [
    ...changedLockfiles.map(
      path => `${path} was changed by the installation: it does not fit the manifest, or another tool wrote it`,
    ),
    ...(expected ? unfit(expected, versions) : []),
  ]
  if (problems.length === 0) return undefined
  return new CloudNativeError({
    code: "TEST_RUNNER_FAILED",
    blame: "user",
    what: "the installation ended with exit code 0, but it did not install what the repository says",
    why: problems.join("\n"),
    fix: "make the lockfile anew with its package manager and commit it, or set test.install to commands that use it",
  })
}

function imageOf({ test, dockerfile }: AppConfig, base: string): string {
  return test.target ? `stage ${test.target} of ${dockerfile}` : base
}
