import { render, type Release } from "../manifests/render.js"
import type { PushedImages } from "../push/publish.js"
import { proveHandshake, type StepResult } from "./handshake.js"
import type { Kubectl } from "./kubectl.js"
import { migrate } from "./migrate.js"
import type { Plan } from "./plan.js"
import type { PodStart } from "./startup.js"
import { summarize } from "./summary.js"
import { watchRollout } from "./watch.js"

export interface Deployment {
  namespace: string
  publicUrl: string
  images: PushedImages
  migrations: string[]
  starts: PodStart[]
  /** Seconds that the average of an application's pods is to stay under. */
  startLimit: number
  handshake: StepResult[]
}

/** Deploy to the user's cluster; answers with the deployment's summary. */
export async function deployToCluster(kubectl: Kubectl, plan: Plan, images: PushedImages): Promise<string> {
  return summarize(await deployRelease(kubectl, plan, images))
}

/** Bring a release onto the cluster: validate, configure, migrate, roll out, prove. */
export async function deployRelease(kubectl: Kubectl, plan: Plan, images: PushedImages): Promise<Deployment> {
  const release = renderPlan(plan, images, kubectl.namespace)
  await kubectl.apply([...release.config, ...release.migrations, ...release.objects], ["--dry-run=server"])
  await kubectl.apply(release.config)
  await kubectl.applySecret(release.secrets)
  const migrations = await migrate(kubectl, release.migrations, plan)
  const starts = await roll(kubectl, release, plan)
  const handshake = plan.handshake ? await proveHandshake(kubectl, plan.config, plan.publicUrl) : []
  return { namespace: kubectl.namespace, publicUrl: plan.publicUrl, images, migrations, starts, startLimit: plan.config.limits.startup, handshake }
}

/** Roll the release that runs once more, by a changed annotation of its pods. */
export async function rollAgain(kubectl: Kubectl, plan: Plan, images: PushedImages): Promise<PodStart[]> {
  return roll(kubectl, renderPlan(plan, images, kubectl.namespace, new Date().toISOString()), plan)
}

async function roll(kubectl: Kubectl, release: Release, plan: Plan): Promise<PodStart[]> {
  await kubectl.apply(release.objects)
  const deployments = release.workloads.filter(({ kind }) => kind === "Deployment").map(({ name }) => name)
  return watchRollout(kubectl, deployments, plan)
}

function renderPlan(plan: Plan, images: PushedImages, namespace: string, restartedAt?: string): Release {
  const { name, secretName } = plan.config
  return render(plan.manifests, { name, secretName, namespace, images, publicUrl: plan.publicUrl, secrets: plan.secrets, restartedAt })
}
