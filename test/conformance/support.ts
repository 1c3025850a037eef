import { randomBytes } from "node:crypto"

import { connection, type Container, dag, ExecError } from "@dagger.io/dagger"
import { afterAll, beforeAll, expect, test } from "vitest"

// One connection for all the tests of a file: the SDK has only one at a time.
let disconnect: () => void
beforeAll(
  () =>
    new Promise<void>((connected, failed) => {
      connection(
        () =>
          new Promise<void>(done => {
            disconnect = done
            connected()
          }),
      ).catch(failed)
    }),
)
afterAll(() => disconnect())

/** A test on the session's engine, beside the others of its file. */
export const on = (name: string, body: () => Promise<void>): void => test.concurrent(name, body)

export const unique = (): string => randomBytes(6).toString("hex")
export const python = (): Container => dag.container().from("python:3.13-slim")
export const node = (): Container => dag.container().from("node:20-alpine")
/** An exec whose result no earlier run has left behind. */
export const fresh = (container: Container): Container => container.withEnvVariable("UNIQUE", unique())
export const sh = (script: string): string[] => ["sh", "-c", script]

export const failure = async (promise: Promise<unknown>): Promise<Error> => {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error, "it should have failed").toBeInstanceOf(Error)
  return error as Error
}
export const execFailure = async (promise: Promise<unknown>): Promise<ExecError> => {
  const error = await failure(promise)
  expect(error).toBeInstanceOf(ExecError)
  return error as ExecError
}
