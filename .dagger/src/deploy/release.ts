import { render, type Release } from "../manifests/render.js"
import type { PushedImages } from "../push/publish.js"
import { proveHandshake, type StepResult } from "./handshake.js"
import type { Kubectl } from "./kubectl.js"
import { migrate } from "./migrate.js"
import type { Plan } from "./plan.js"
import { assertReferences } from "./preflight.js"
import type { PodStart } from "./startup.js"
import { watchRollout } from "./watch.js"

export interface Deployment {
  namespace: string
  publicUrl: string
  images: PushedImages
  migrations: string[]
  starts: PodStart[]
  handshake: StepResult[]
}

/** Bring a release onto the cluster: validate, configure, migrate, roll out, prove. */
export async function deployRelease(kubectl: Kubectl, plan: Plan): Promise<Deployment> {
  const release = renderPlan(plan, kubectl.namespace)
  await assertReferences(kubectl, plan.manifests, plan.secrets ? [{ kind: "Secret", name: plan.config.secretName, keys: Object.keys(plan.secrets) }] : [])
  await kubectl.apply([...release.config, ...release.objects], ["--dry-run=server"])
  await kubectl.apply(release.config)
  await kubectl.applySecret(release.secrets)
  const migrations = await migrate(kubectl, release.migrations, plan.timeout)
  const starts = await roll(kubectl, release, plan)
  const handshake = plan.handshake ? await proveHandshake(kubectl, plan.config, plan.publicUrl) : []
  return { namespace: kubectl.namespace, publicUrl: plan.publicUrl, images: plan.images, migrations, starts, handshake }
}

/** Roll the release that runs once more, by a changed annotation of its pods. */
export async function rollAgain(kubectl: Kubectl, plan: Plan): Promise<PodStart[]> {
  return roll(kubectl, renderPlan(plan, kubectl.namespace, new Date().toISOString()), plan)
}

async function roll(kubectl: Kubectl, release: Release, plan: Plan): Promise<PodStart[]> {
  await kubectl.apply(release.objects)
  const deployments = release.workloads.filter(({ kind }) => kind === "Deployment").map(({ name }) => name)
  return watchRollout(kubectl, deployments, plan.timeout)
}

function renderPlan(plan: Plan, namespace: string, restartedAt?: string): Release {
  const { name, secretName } = plan.config
  return render(plan.manifests, { name, secretName, namespace, images: plan.images, publicUrl: plan.publicUrl, secrets: plan.secrets, restartedAt })
}
