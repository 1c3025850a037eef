import { dag, Secret } from "@dagger.io/dagger"

import { together } from "./collect-errors.js"
import { CloudNativeError, messageOf } from "./errors.js"
import { uniqueValue } from "./unique.js"

/** The value of a secret; if it cannot be read, because a file does not exist for example, the user can fix that. */
export async function plaintextOf(secret: Secret, argument: string): Promise<string> {
  try {
    return await secret.plaintext()
  } catch (error) {
    // dagger settings writes what it is given: a name that no variable has may be the secret itself.
    const name = /^env:\/\/(.*)$/s.exec(await secret.uri().catch(() => ""))?.[1]
    if (name !== undefined && !/^[A-Z_][A-Z0-9_]*$/.test(name)) throw plainSecret(argument)
    throw new CloudNativeError({
      code: "SECRETS_INVALID",
      blame: "user",
      what: `${argument} cannot be read`,
      why: messageOf(error),
      fix: `pass ${argument}=file:PATH, env:NAME or cmd:COMMAND of something that exists`,
      cause: error,
    })
  }
}

/** Throw unless each of these that is set can be read, by the name of its argument; returns them. */
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

function plainSecret(argument: string): CloudNativeError {
  return new CloudNativeError({
    code: "SECRETS_INVALID",
    blame: "user",
    what: `${argument} looks like a secret in plain text`,
    why: "it refers to no environment variable that exists; what it says is not shown",
    fix: `pass a reference, ${argument}=env:NAME, file:PATH or cmd:COMMAND, and revoke the secret if it has been committed`,
  })
}

/** The same secret without newlines at its end, which commands print and passwords do not have. */
export async function withoutNewline(secret: Secret | undefined, argument: string): Promise<Secret | undefined> {
  if (!secret) return undefined
  const value = await plaintextOf(secret, argument)
  const trimmed = value.replace(/[\r\n]+$/, "")
  return trimmed === value ? secret : dag.setSecret(`${argument}-${uniqueValue()}`, trimmed)
}
