// Time to verdict: the same faulty release, given to this module, to kubectl and to Helm, side by side on one cluster.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { parse } from "yaml"

import { type Ended, ROOT } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"
import { watchFor } from "../faults/cause.ts"
import { Namespace } from "../faults/namespace.ts"
import { startNodeRegistries } from "../faults/node-registries.ts"
import { kubectlPath } from "../lab/images.ts"
import type { Lab } from "../lab/lab.ts"
import { type Result, run } from "../lab/process.ts"
import { helmPath } from "./helm.ts"
import { manifestsOf, writeChart } from "./manifests.ts"
import { say } from "./progress.ts"
import type { Fault, Verdict } from "./schema.ts"
import { secondsBetween } from "./seconds.ts"

/** Of test/faults/cases: one or two of each family whose verdict has to come within seconds. */
const FAULTS = [
  "secret-missing",
  "image-not-there",
  "crashes-at-once",
  "out-of-memory",
  "health-answers-500",
  "pod-security",
  "service-selects-nothing",
]
/** Cases under way at once. */
const LANES = 2
/** Seconds that kubectl and Helm are waited for; by themselves they would wait for 600 and 300. */
export const CAP = 90

const APPLICATIONS = ["backend", "frontend"]

export async function benchVerdict(lab: Lab): Promise<Fault[]> {
  const folder = mkdtempSync(join(tmpdir(), "cloud-native-bench-"))
  const environment = {
    ...process.env,
    KUBECONFIG: lab.kubeconfig,
    HELM_CACHE_HOME: folder,
    HELM_CONFIG_HOME: folder,
    HELM_DATA_HOME: folder,
  }
  const programs = { kubectl: await kubectlPath(), helm: await helmPath() }
  const results: Fault[] = []
  await startNodeRegistries(lab)
  const queue = [...FAULTS]
  const lane = async () => {
    for (let name = queue.shift(); name; name = queue.shift())
      results.push(await new Case(lab, folder, environment, programs, name).measure())
  }
  // The lab stays for as long as one of them uses it.
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane))
  rmSync(folder, { recursive: true })
  const failed = lanes.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined
  if (failed) throw failed.reason
  return results.sort((a, b) => FAULTS.indexOf(a.name) - FAULTS.indexOf(b.name))
}

interface Described {
  family: number
  edit: { from: string; to: string }[]
  /** Texts of the module's error. */
  expect: string[]
  shown?: string
}

class Case {
  private readonly source = Source.minimal()

  constructor(
    private readonly lab: Lab,
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly programs: { kubectl: string; helm: string },
    private readonly name: string,
  ) {}

  /** Bring a good release up with each tool, then the faulty one. */
  async measure(): Promise<Fault> {
    const { family, edit, expect, shown } = parse(
      readFileSync(join(ROOT, "test/faults/cases", this.name, "case.yaml"), "utf8"),
    ) as Described
    const [forDeploy, forKubectl, forHelm] = await Promise.all(
      ["deploy", "kubectl", "helm"].map(tool => Namespace.create(this.lab, `${this.name}-${tool}`)),
    )
    say(`verdict: ${this.name}: a good release first`)
    const images = imagesOf(await forDeploy!.deploy(this.source).ended)
    for (const verdict of await Promise.all([this.kubectl(forKubectl!, images), this.helm(forHelm!, images)])) {
      if (verdict.outcome !== "succeeded")
        throw new Error(`${this.name}: the good release did not come up: ${JSON.stringify(verdict)}`)
    }
    for (const { from, to } of edit) this.source.edit("k8s/app.yaml", from, to)
    say(`verdict: ${this.name}: the faulty one, with each tool`)
    const [deployed, kubectl, helm] = await Promise.all([
      this.deploy(forDeploy!, expect, shown),
      this.kubectl(forKubectl!, images),
      this.helm(forHelm!, images),
    ])
    say(
      `verdict: ${this.name}: deploy ${deployed.deploy.seconds} s, kubectl ${kubectl.seconds} s, helm ${helm.seconds} s`,
    )
    await Promise.all(
      [forDeploy!, forKubectl!, forHelm!].map(namespace =>
        namespace.kubectl("delete", "namespace", namespace.name, "--wait=false"),
      ),
    )
    return { name: this.name, family, ...deployed, kubectl, helm }
  }

  private async deploy(
    namespace: Namespace,
    expect: string[],
    shown: string | undefined,
  ): Promise<Pick<Fault, "deploy" | "fromCause">> {
    const signs = watchFor(namespace, new RegExp(shown ?? "^(?!)"))
    const begunAt = Date.now()
    const call = namespace.deploy(this.source, "--timeout=2m")
    const moment = (text: string) => call.said(text).catch(() => undefined)
    const [ended, appliedAt, decidedAt] = await Promise.all([call.ended, moment("| apply: "), moment(": failed: ")])
    const endedAt = Date.now()
    const { cause: shownAt } = await signs.stop()
    const missed = expect.filter(text => !ended.stderr.includes(text))
    if (missed.length > 0)
      say(`verdict: ${this.name}: the module did not say "${missed.join('", "')}":\n${ended.stderr}`)
    const from = appliedAt ?? begunAt
    const seconds = secondsBetween(from, decidedAt ?? endedAt)
    const outcome = missed.length > 0 ? "missed" : appliedAt ? "failed" : "refused"
    return {
      deploy: { outcome, seconds, until: secondsBetween(from, endedAt) },
      fromCause: shownAt && decidedAt && secondsBetween(shownAt, decidedAt),
    }
  }

  /** As a script would: apply, then wait for each Deployment. */
  private async kubectl(namespace: Namespace, images: Record<string, string>): Promise<Verdict> {
    const call = (...args: string[]) => this.execute([this.programs.kubectl, `--namespace=${namespace.name}`, ...args])
    const chart = this.chart(namespace, images)
    const applied = await call("apply", "--filename", join(chart, "templates"))
    const begunAt = Date.now()
    if (applied.exitCode !== 0) return { outcome: "refused", seconds: 0, until: 0 }
    for (const application of APPLICATIONS) {
      const status = await call("rollout", "status", `deployment/${application}`, `--timeout=${CAP}s`)
      if (status.exitCode !== 0) return verdictOf(status, begunAt)
    }
    return verdictOf({ exitCode: 0 }, begunAt)
  }

  private async helm(namespace: Namespace, images: Record<string, string>): Promise<Verdict> {
    const chart = this.chart(namespace, images)
    const flags = [`--namespace=${namespace.name}`, "--install", "--rollback-on-failure", "--wait", `--timeout=${CAP}s`]
    const begunAt = Date.now()
    return verdictOf(await this.execute([this.programs.helm, "upgrade", "bench", chart, ...flags]), begunAt)
  }

  private execute(argv: string[]): Promise<Result> {
    return run(argv, { env: this.environment, check: false })
  }

  private chart(namespace: Namespace, images: Record<string, string>): string {
    const folder = join(this.folder, namespace.name)
    writeChart(folder, manifestsOf(this.source.path, images, "http://localhost"))
    return folder
  }
}

/** Of a tool that says what it thinks at its end. */
function verdictOf({ exitCode }: Pick<Result, "exitCode">, begunAt: number): Verdict {
  const seconds = secondsBetween(begunAt, Date.now())
  const outcome = exitCode === 0 ? "succeeded" : seconds >= CAP ? "capped" : "failed"
  return { outcome, seconds, until: seconds }
}

/** The references by digest that a deployment's summary names. */
function imagesOf({ exitCode, stdout, stderr }: Ended): Record<string, string> {
  if (exitCode !== 0) throw new Error(`the good release failed: ${stderr}`)
  return Object.fromEntries(
    [...stdout.matchAll(/^(backend|frontend) +(\S+@sha256:[0-9a-f]{64})/gm)].map(([, app, reference]) => [
      app!,
      reference!,
    ]),
  )
}
