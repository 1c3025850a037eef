import { Secret } from "@dagger.io/dagger"

import { together } from "./collect-errors.js"
import { CloudNativeError, messageOf } from "./errors.js"

/** A secret's value; what keeps it from being read (a file that is not there) is the user's to fix. */
export async function plaintextOf(secret: Secret, argument: string): Promise<string> {
  try {
    return await secret.plaintext()
  } catch (error) {
    throw new CloudNativeError({
      code: "SECRETS_INVALID",
      blame: "user",
      what: `${argument} cannot be read`,
      why: messageOf(error),
      fix: `pass ${argument}=file:PATH, env:NAME or cmd:COMMAND of something that is there`,
      cause: error,
    })
  }
}

/** Throw unless each of these can be read that was given, by the name of its argument; answers with them. */
export async function assertReadable(secrets: Record<string, Secret | undefined>): Promise<Secret[]> {
  const given = Object.entries(secrets).flatMap(([argument, secret]) => (secret ? [{ argument, secret }] : []))
  await together(
    ...given.map(
      ({ argument, secret }) =>
        () =>
          plaintextOf(secret, argument),
    ),
  )
  return given.map(({ secret }) => secret)
}
