import { Secret } from "@dagger.io/dagger"

import { CloudNativeError, messageOf } from "./errors.js"

/** A secret's value; what keeps it from being read (a file that is not there) is the user's to mend. */
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
