import { servingOf } from "../../../.dagger/src/config/applications.ts"
import { expectationsOf } from "../../../.dagger/src/config/expectations.ts"
import { parseConfig } from "../../../.dagger/src/config/parse.ts"
import { render } from "../../../.dagger/src/manifests/render.ts"
import { addressesOf } from "../../../.dagger/src/manifests/services.ts"
import type { ReleaseToTry, Trial } from "../../../.dagger/src/schema/plan.ts"
import { planTrial } from "../../../.dagger/src/schema/plan.ts"
import { ownFile, ownManifests } from "../manifests/files.ts"

export const SAMPLE = parseConfig(ownFile("cloud-native.yaml"), "cloud-native.yaml")

const publicUrl = "https://tasks.example.com"

/** The sample as a release on a user's cluster, whose database nobody else may reach; its images: r.example/backend@sha256:111… */
export function releaseOf(digit: string, manifests = ownManifests()): ReleaseToTry {
  const digest = `sha256:${digit.repeat(64)}`
  const images = { backend: `r.example/backend@${digest}`, frontend: `r.example/frontend@${digest}` }
  const secrets = { BACKEND_DATABASE_URL: "postgresql://app:secret@production/app" }
  const place = { name: "tasks", namespace: "tasks", publicUrl, secretName: "app-secrets" }
  const release = render(manifests, { ...place, images, secrets })
  const expectations = expectationsOf(SAMPLE, publicUrl, addressesOf(release.objects, servingOf(SAMPLE)))
  return { release, images, publicUrl, expectations }
}

/** The sample's first two builds. Rendering takes its time: names of Secrets are made by a slow hash. */
export const [FIRST, SECOND] = [releaseOf("1"), releaseOf("2")]

/** From the first build to another. */
export function trialOf(coming: ReleaseToTry): Trial {
  const plan = planTrial(FIRST, coming, SAMPLE)
  if (plan.kind !== "trial") throw new Error(`the plan is ${plan.kind}`)
  return plan
}

/** From the first build to the second. */
export function sampleTrial(): Trial {
  return structuredClone(trialOf(SECOND))
}
