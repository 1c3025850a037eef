// What a team sets once: in the .env of its own repository, with the module taken from elsewhere.
import { expect, test } from "vitest"

import { daggerIn, type Ended, errorOf, ROOT } from "./dagger.ts"
import { Source } from "./source.ts"

const TOKEN = `ghp_${"x7Kq2mZr9TvB4nWc8LdY".repeat(2).slice(0, 36)}`

function callWith(dotenv: string, ...args: string[]): Promise<Ended> {
  return daggerIn(Source.minimal().commit().write(".env", dotenv).path, "-m", ROOT, ...args)
}

test.concurrent.each([
  ["a setting", "CLOUD_NATIVE_OVERLAY=overlays/staging\n", [], "overlays/staging"],
  ["of an environment", "CLOUD_NATIVE_OVERLAY=overlays/${NO_SUCH_STAGE:-test}\n", [], "overlays/test"],
  ["that a flag overrides", "cloud_native_overlay=overlays/staging\n", ["--overlay=overlays/qa"], "overlays/qa"],
])("in .env: %s", async (_, dotenv, flags, folder) => {
  const { exitCode, stderr } = await callWith(dotenv, ...flags, "check-plan")
  expect(exitCode, stderr).toBe(1)
  expect(stderr).toContain(`--overlay=${folder}: there are no manifests and no kustomization in that folder`)
})

test.concurrent("a deployment to a cluster needs no flag to know its kubeconfig", async () => {
  const settings = "CLOUD_NATIVE_REGISTRY=localhost:1/none\nCLOUD_NATIVE_KUBECONFIG=cmd:echo\n"
  const { exitCode, stderr } = await callWith(settings, "deploy")
  expect(exitCode, stderr).toBe(1)
  expect(stderr).toContain("KUBECONFIG_INVALID")
  for (const step of ["test: ", "build: "]) expect(stderr).not.toContain(step)
})

test.concurrent(
  "a token where no secret belongs is refused by the setting's name, and not shown in the error",
  async () => {
    const ended = await callWith(`CLOUD_NATIVE_USERNAME=${TOKEN}\n`, "check-manifests")
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(errorOf(ended)).toContain("ARGUMENTS_INVALID: not a place for a secret: username")
    // Dagger itself shows the value: it takes it for no secret.
    expect(errorOf(ended)).not.toContain(TOKEN)
  },
)
