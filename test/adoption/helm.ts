// Releases that a team's own Helm has installed before this module comes.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { parse } from "yaml"

import type { Namespace } from "../faults/namespace.ts"
import { ensureImage } from "../lab/images.ts"
import type { Lab } from "../lab/lab.ts"
import { goProgram } from "../lab/packages.ts"
import { podman } from "../lab/podman.ts"
import { run } from "../lab/process.ts"
import { pushImage } from "../lab/registry.ts"
import { helm } from "../lab/tools.ts"
import { nameOf, type Release } from "./shape.ts"

/** Tag of the images that Helm's pods run. */
export const EARLIER = "earlier"
const STAND_IN = `localhost/adoption:${EARLIER}`

/** Install the charts of a repository by Helm itself, one after the other; ends when all their pods are available. */
export async function installReleases(
  lab: Lab,
  namespace: Namespace,
  repository: string,
  releases: Release[],
): Promise<void> {
  const program = await goProgram(helm)
  await ensureImage("docker.io/library/python:3.13-slim")
  await podman(["build", "--quiet", `--tag=${STAND_IN}`, join(import.meta.dirname, EARLIER)])
  const env = { ...process.env, KUBECONFIG: lab.kubeconfig }
  for (const { chart, values, set } of releases) {
    const image = await pushEarlier(lab, join(repository, chart))
    const files = values.map(file => `--values=${join(chart, file)}`)
    const target = [`--namespace=${namespace.name}`, nameOf(chart), chart]
    // On its standard input, as a secret of a team's workflow should come.
    await run([program, "upgrade", "--install", ...target, ...files, "--values=-"], {
      cwd: repository,
      env,
      input: JSON.stringify({ ...set, image }),
    })
  }
  await namespace.kubectl("wait", "deployments", "--all", "--for=condition=Available", "--timeout=180s")
}

/** What a chart runs, in the lab's registry under the name that its values have: as `helm create` writes them. */
async function pushEarlier(lab: Lab, chart: string): Promise<{ repository: string; tag: string; pullPolicy: string }> {
  const { image } = parse(readFileSync(join(chart, "values.yaml"), "utf8")) as { image: { repository: string } }
  await pushImage(lab, STAND_IN, `${image.repository}:${EARLIER}`)
  return { repository: `${lab.registry}/${image.repository}`, tag: EARLIER, pullPolicy: "IfNotPresent" }
}
