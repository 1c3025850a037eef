import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { onTestFinished } from "vitest"

import { run } from "../lab/process.ts"
import { act } from "../lab/tools.ts"
import { ROOT } from "./dagger.ts"
import type { Source } from "./source.ts"

export const WORKFLOW = ".github/workflows/deploy.yml"
const WORKFLOW_TEXT = readFileSync(join(ROOT, WORKFLOW), "utf8")

/** What the workflow uses, by what stands in for it here. */
const ACTIONS = {
  "actions/checkout": "checkout",
  "dagger/dagger-for-github": "dagger",
  "actions/upload-artifact": "upload-artifact",
}

export interface Ran {
  exitCode: number
  log: string
  /** Where the artifacts are, by name. */
  artifacts: string
}

/** What the repository's settings on GitHub hold. */
export interface Settings {
  secrets?: Record<string, string>
  variables?: Record<string, string>
}

/** Run this repository's workflow for an event, as GitHub would, on a source that gets this module. */
export async function runWorkflow(
  event: "push" | "pull_request",
  source: Source,
  { secrets = {}, variables = {} }: Settings = {},
): Promise<Ran> {
  await prepare(source.path)
  const folder = mkdtempSync(join(tmpdir(), "cloud-native-act-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const artifacts = join(folder, "artifacts")
  mkdirSync(artifacts)
  const secretFile = join(folder, "secrets.env")
  writeFileSync(
    secretFile,
    Object.entries(secrets)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
      .join(""),
    { mode: 0o600 },
  )
  const environment = {
    TEST_SOURCE: source.path,
    TEST_DAGGER_FOLDER: join(ROOT, "test/engine"),
    TEST_ARTIFACTS: artifacts,
  }
  const pairs = (flag: string, values: Record<string, string>) =>
    Object.entries(values).map(([name, value]) => `--${flag}=${name}=${value}`)
  const { exitCode, stdout, stderr } = await run(
    [
      await act(),
      event,
      "--platform=ubuntu-24.04=-self-hosted",
      "--no-skip-checkout",
      "--no-cache-server",
      `--action-cache-path=${folder}`,
      ...Object.entries(ACTIONS).map(
        ([action, standIn]) => `--local-repository=${pinned(action)}=${join(ROOT, "test/e2e/actions", standIn)}`,
      ),
      ...pairs("env", environment),
      `--secret-file=${secretFile}`,
      ...pairs("var", variables),
    ],
    { cwd: source.path, check: false },
  )
  return { exitCode, log: stdout + stderr, artifacts }
}

/** Make the source a repository that has the module and the workflow; the event's facts are read from it. */
async function prepare(path: string): Promise<void> {
  for (const part of ["dagger.json", ".dagger", WORKFLOW])
    cpSync(join(ROOT, part), join(path, part), { recursive: true })
  rmSync(join(path, ".dagger/node_modules"), { recursive: true, force: true })
  symlinkSync(join(ROOT, "node_modules"), join(path, ".dagger/node_modules"))
  const git = (...args: string[]) =>
    run(["git", "-c", "user.name=test", "-c", "user.email=test@example.com", ...args], { cwd: path })
  await git("init", "--quiet", "--initial-branch=main")
  await git("remote", "add", "origin", "https://github.com/Acme/Minimal.git")
  await git("add", "--all")
  await git("commit", "--quiet", "--message=The source")
}

/** An action with the commit that the workflow pins it to. */
function pinned(action: string): string {
  const [reference] = new RegExp(`${action}@[0-9a-f]{40}`).exec(WORKFLOW_TEXT) ?? []
  if (!reference) throw new Error(`${WORKFLOW} does not use ${action} by a commit`)
  return reference
}
