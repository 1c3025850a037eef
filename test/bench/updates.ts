// Ten rolling updates one after another, while a user who signed in before the first one goes on working.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import type { Report } from "../../.dagger/src/report/report.ts"
import { averageStarts } from "../../.dagger/src/status/startup.ts"
import { Source } from "../e2e/source.ts"
import { poll, User } from "../e2e/user.ts"
import { Namespace } from "../faults/namespace.ts"
import type { Lab } from "../lab/lab.ts"
import { prepareTarget } from "../target/target.ts"
import { type Found, leftovers } from "./leftovers.ts"
import { say } from "./progress.ts"
import { readReports } from "./reports.ts"
import type { Updates } from "./schema.ts"
import { secondsBetween, secondsSince } from "./seconds.ts"

const COUNT = 10
/** Of no release: what happened, and what metrics-server measures. */
const NOT_OBJECTS = /^(events|pods\.metrics)/

export async function benchUpdates(lab: Lab): Promise<Updates> {
  const namespace = Namespace.of(lab, "bench-updates")
  const folder = mkdtempSync(join(tmpdir(), "cloud-native-bench-"))
  const dotenv = join(folder, "secrets.env")
  const source = Source.sample()
  try {
    await prepareTarget(lab, namespace.name, dotenv)
    const before = await everything(namespace)
    const deploy = () => namespace.deploy(source, `--secrets=file:${dotenv}`, `--public-url=${lab.appUrl}`).ended
    say("updates: the first release")
    const first = await deploy()
    if (first.exitCode !== 0) throw new Error(`the first release failed: ${first.stderr}`)

    const user = await User.signUp(lab.appUrl)
    const title = "created before the first update"
    await user.post("/api/tasks", { title })
    const working = poll(user, [
      { path: "/api/tasks", contains: title },
      { path: "/", contains: user.name },
    ])
    const release = releaser(source)
    for (let number = 1; number <= COUNT; number++) {
      release(number)
      say(`updates: ${number} of ${COUNT}`)
      const begunAt = Date.now()
      const { exitCode, stderr } = await deploy()
      say(`updates: ${number} of ${COUNT}: ${exitCode === 0 ? "done" : "failed"} after ${secondsSince(begunAt)} s`)
      if (exitCode !== 0) say(stderr.slice(stderr.search(/^Error: /m)))
    }
    const { sent, wrong } = await working.stop()
    const kept = (await (await user.get("/api/tasks")).text()).includes(title)
    const reports = await readReports(namespace)
    return {
      updates: reports.map(summarize),
      images: await Promise.all(
        Object.entries(reports.at(-1)!.images).map(([application, reference]) => sizeOf(application, reference)),
      ),
      leftovers: leftovers(await everything(namespace), before),
      user: { sent, wrong, kept },
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Makes the source another one, so that both applications roll: the backend has another image, the frontend other settings. */
function releaser(source: Source): (number: number) => void {
  const config = readFileSync(join(source.path, "k8s/config.yaml"), "utf8")
  return number => {
    source.write("test/app/backend/app/release.py", `RELEASE = ${number}\n`)
    source.write("k8s/config.yaml", config.replace("  BACKEND_URL:", `  RELEASE: "${number}"\n  BACKEND_URL:`))
  }
}

function summarize(report: Report): Updates["updates"][number] {
  const { id, outcome, startedAt, endedAt, availability, starts } = report
  return {
    id,
    outcome,
    requests: availability && { percent: availability.percent, sent: availability.sent, p99: availability.latency.p99 },
    seconds: secondsBetween(Date.parse(startedAt), Date.parse(endedAt)),
    starts: Object.fromEntries(averageStarts(starts).map(({ deployment, seconds }) => [deployment, seconds])),
  }
}

async function everything(namespace: Namespace): Promise<Found[]> {
  const names = await namespace.kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name")
  const kinds = names.split("\n").filter(name => name && !NOT_OBJECTS.test(name))
  return JSON.parse(await namespace.kubectl("get", kinds.join(","), "--output=json")).items
}

/** The size of an image in the lab's registry. */
async function sizeOf(application: string, reference: string): Promise<Updates["images"][number]> {
  const [, host, name, digest] = /^([^/]+)\/(.+)@(.+)$/.exec(reference)!
  const accepted = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${digest}`, { headers: { Accept: accepted } })
  const { layers } = (await answer.json()) as { layers: { size: number }[] }
  return { application, bytes: layers.reduce((total, { size }) => total + size, 0) }
}
