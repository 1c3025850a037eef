// What others build on the module: on a real engine through a module that depends on it (test/consumer), whose bindings only
// that engine makes; on the embedded one as the calls that come of it.
import { join } from "node:path"

import { expect, test } from "vitest"

import { dagger, daggerIn, type Ended, ROOT } from "./dagger.ts"
import { Source } from "./source.ts"

const hasBindings = process.env.DAGGER !== undefined
const consumer = ({ path }: Source, ...args: string[]) => daggerIn(path, "-m", join(ROOT, "test/consumer"), ...args)

interface Use {
  what: string
  /** Through the module that depends on this one, and as the call of its own that it makes. */
  through: (source: Source) => string[]
  itself: (source: Source) => string[]
  answers: RegExp
  /** That it is refused is enough to see that the call is made, without a registry and a cluster. */
  refused?: boolean
}

const USES: Use[] = [
  {
    what: "only the gate, of the repository that the consumer is called in",
    through: () => ["gate"],
    itself: source => [`--source=${source.path}`, "test", "summary"],
    answers: /backend +1 +1 +0/,
  },
  {
    what: "the facts of an image that was built elsewhere",
    through: () => ["facts", "--image=node:20-alpine", "--base=python:3.13-slim"],
    itself: () => ["verify-image", "--image=node:20-alpine", "--base=python:3.13-slim", "json", "contents"],
    answers: /"passed": *false/,
  },
  {
    what: "a step of one's own between two of the chain",
    through: source => ["smoke", `--source=${source.path}`, "--command=python,-c,print('it starts')"],
    itself: source => [
      `--source=${source.path}`,
      "test",
      "build",
      "backend",
      "container",
      "with-exec",
      "--args=python,-c,print('it starts')",
      "stdout",
    ],
    answers: /it starts/,
  },
  {
    what: "images of others, deployed",
    through: source => [
      "promote",
      "--backend=acme/api",
      "--frontend=acme/web",
      `--source=${source.path}`,
      `--manifests=${source.path}/k8s`,
      "--kubeconfig=env:HOME",
    ],
    itself: source => [
      `--source=${source.path}`,
      "release",
      "--backend=acme/api",
      "--frontend=acme/web",
      "deploy",
      `--manifests=${source.path}/k8s`,
      "--kubeconfig=env:HOME",
    ],
    answers: /ARGUMENTS_INVALID: "acme\/api" does not name one image/,
    refused: true,
  },
  {
    what: "the chain as a whole",
    through: source => ["ship", `--source=${source.path}`, "--registry=localhost:1/none", "--kubeconfig=env:HOME"],
    itself: source => [
      `--source=${source.path}`,
      "test",
      "build",
      "verify-image",
      "push",
      "--registry=localhost:1/none",
      "deploy",
      "--kubeconfig=env:HOME",
    ],
    answers: /PUSH_FAILED: could not push localhost:1\/none/,
    refused: true,
  },
]

test.concurrent.each(USES)("$what", async ({ through, itself, answers, refused = false }) => {
  const source = Source.minimal().commit()
  const ended: Ended = hasBindings ? await consumer(source, ...through(source)) : await dagger(...itself(source))
  expect(ended.exitCode, ended.stderr).toBe(refused ? 1 : 0)
  expect(refused ? ended.stderr : ended.stdout).toMatch(answers)
})
