// Repositories of other people's layouts, from `init` to a rollback on the lab's cluster.
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { checkIn, daggerIn, type Ended, ROOT } from "../e2e/dagger.ts"
import { Namespace } from "../faults/namespace.ts"
import { ensureImage } from "../lab/images.ts"
import { injectInto } from "../lab/injector.ts"
import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { pushImage } from "../lab/registry.ts"
import { prepareDatabase } from "../target/target.ts"
import { EARLIER, installReleases } from "./helm.ts"
import { type Job, jobProblems, type Pod, podProblems } from "./pods.ts"
import { nameOf, readShapes, type Release, Repository, type Shape } from "./shape.ts"

/** Lines that a person may have to write after `init`. */
const MOST_LINES = 30
const POSTGRES = "docker.io/library/postgres:17-alpine"

interface Row {
  shape: string
  lines: number
  /** Seconds of each step. */
  [step: string]: string | number
}

const rows: Row[] = []
const folder = mkdtempSync(join(tmpdir(), "cloud-native-adoption-"))
let lab: Lab

beforeAll(async () => {
  lab = await temporaryLab({ name: `adoption-${process.pid}` })
})

afterAll(async () => {
  console.table(rows)
  rmSync(folder, { recursive: true })
  if (lab) await labDown(lab.name)
})

describe("from init to a rollback", () => {
  for (const shape of readShapes())
    test(`${shape.name}: ${shape.about}`, { tags: shape.representative ? ["representative"] : [] }, () => adopt(shape))
})

async function adopt(shape: Shape): Promise<void> {
  const repository = Repository.of(shape)
  const row: Row = { shape: shape.name, lines: NaN }
  rows.push(row)
  const step = async (name: string, ended: Promise<Ended>): Promise<Ended> => {
    const since = Date.now()
    const { exitCode, stdout, stderr } = await ended
    row[name] = Math.round((Date.now() - since) / 1000)
    expect(exitCode, `${name}:\n${stdout}\n${stderr}`).toBe(0)
    return { exitCode, stdout, stderr }
  }
  try {
    const { namespace, secrets, releases } = await platformFor(shape)
    if (releases.length > 0) await installReleases(lab, namespace, repository.path, releases)
    // After Helm, which would wait for its hook's Job as long as the sidecar runs.
    if (shape.injected) await injectInto(lab, shape.name)
    const module = ["-m", ROOT]
    const settings = [
      `--registry=${lab.registry}/${shape.name}`,
      `--registry-service=tcp://${lab.registry}`,
      `--kubeconfig=file:${lab.kubeconfig}`,
      `--namespace=${shape.name}`,
      ...(secrets ? [`--secrets=file:${secrets}`] : []),
      ...shape.settings,
    ]
    const call = (...args: string[]) => daggerIn(repository.path, ...module, ...settings, ...args)

    await step("init", daggerIn(repository.path, ...module, "--auto-apply", "init", ...shape.init))
    repository.commit()
    row.lines = repository.writeByHand()
    expect(row.lines).toBeLessThanOrEqual(MOST_LINES)

    if (shape.postgresIn) repository.edit(shape.postgresIn, "POSTGRES_BY_DIGEST", await pushPostgres())

    await step("check", checkIn(repository.path, ...module, "check-tests", "check-manifests", "check-secrets"))
    await step("build", call("build", "summary"))
    await step("verify", call("verify-image", "summary"))
    if (releases.length > 0) {
      const { stdout } = await step("plan", call("plan"))
      for (const { chart } of releases) expect(stdout).toContain(`the Helm release ${nameOf(chart)}`)
    }
    await step("deploy", call("deploy", ...shape.first))
    expect(await shown(namespace, shape)).toContain(shape.change.from)
    await expectInjected(namespace, shape)

    repository.edit(shape.change.file, shape.change.from, shape.change.to)
    await step("again", call("deploy"))
    expect(await shown(namespace, shape)).toContain(shape.change.to)
    await expectInjected(namespace, shape)

    await step("rollback", call("rollback"))
    expect(await shown(namespace, shape)).toContain(shape.change.from)
    await expectInjected(namespace, shape)
  } finally {
    repository.remove()
    // The next shape's pods need the room.
    await Namespace.of(lab, shape.name).kubectl("delete", "namespace", shape.name, "--ignore-not-found")
  }
}

/**
 * What the shape's repository has to find: its namespace, a database if its manifests bring none, and its secrets as a
 * dotenv; also what to install by Helm.
 */
async function platformFor(shape: Shape): Promise<{ namespace: Namespace; secrets?: string; releases: Release[] }> {
  const database = shape.database ? await prepareDatabase(lab, shape.name) : ""
  const namespace = shape.database ? Namespace.of(lab, shape.name) : await Namespace.create(lab, shape.name)
  const releases = JSON.parse(JSON.stringify(shape.helm).replaceAll("${DATABASE}", database)) as Release[]
  const random = randomBytes(32).toString("hex")
  const lines = Object.entries(shape.secrets).map(
    ([name, value]) => `${name}=${value.replaceAll("${DATABASE}", database).replaceAll("${RANDOM}", random)}`,
  )
  if (lines.length === 0) return { namespace, releases }
  const secrets = join(folder, `${shape.name}.env`)
  writeFileSync(secrets, `${lines.join("\n")}\n`, { mode: 0o600 })
  return { namespace, secrets, releases }
}

/** PostgreSQL's image in the lab's registry, by digest. */
async function pushPostgres(): Promise<string> {
  await ensureImage(POSTGRES)
  return pushImage(lab, POSTGRES, "postgres:17-alpine")
}

/** Of a shape with a sidecar: that all its pods have it, none is Helm's, and its migrations are done although it runs on. */
async function expectInjected(namespace: Namespace, shape: Shape): Promise<void> {
  if (!shape.injected) return
  const read = async <Item>(kind: string) =>
    (JSON.parse(await namespace.kubectl("get", kind, "--output=json")) as { items: Item[] }).items
  const releases = shape.helm.map(({ chart }) => nameOf(chart))
  expect(podProblems(await read<Pod>("pods"), releases, EARLIER)).toEqual([])
  expect(jobProblems(await read<Job>("jobs"))).toEqual([])
}

/** What the running application answers. */
function shown(namespace: Namespace, { shown: { service, port, path } }: Shape): Promise<string> {
  return namespace.kubectl(
    "get",
    "--raw",
    `/api/v1/namespaces/${namespace.name}/services/${service}:${port}/proxy${path}`,
  )
}
