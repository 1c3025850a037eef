// Deployments that meet each other, are killed, cannot go back or have nothing to go back to.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { errorOf } from "../e2e/dagger.ts"
import { Source } from "../e2e/source.ts"
import { kubernetesContainer, type Lab, labDown, registryContainer, temporaryLab } from "../lab/lab.ts"
import { podman } from "../lab/podman.ts"
import { measure, momentsOf } from "./measure.ts"
import { Namespace } from "./namespace.ts"

const MANIFESTS = "k8s/app.yaml"
const IMAGE = "          image: frontend\n"
let lab: Lab

beforeAll(async () => {
  lab = await temporaryLab({ name: `runs-${process.pid}` })
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
})

/** A frontend that has its fault in the cluster only: it passes all that comes before. */
function withFault(source: Source, script: string): Source {
  const command = `if (process.env.KUBERNETES_SERVICE_HOST) { ${script} } else import('/app/main.mjs')`
  return source.edit(MANIFESTS, IMAGE, `${IMAGE}          command: [node, -e, "${command}"]\n`)
}

test.concurrent(
  "10: of two deployments at once, one goes on, and the other is told who is at it",
  { tags: "representative" },
  async context => {
    const namespace = await Namespace.create(lab, "two-at-once")
    const both = await Promise.all(
      [1, 2].map(async () => {
        const call = namespace.deploy(Source.minimal())
        const moments = momentsOf(call, "")
        return { ...(await call.ended), moments: await moments }
      }),
    )
    const [first, second] = both.sort((a, b) => a.exitCode - b.exitCode)
    expect(first!.exitCode, first!.stderr).toBe(0)
    expect(first!.stdout).toMatch(/migrate-\w+: ran/)
    expect(second!.exitCode, second!.stderr).toBe(1)
    expect(errorOf(second!)).toMatch(/^Error: LOCKED: [^]*is held by system:admin \(deployment /)
    measure(context, { code: "LOCKED", since: "call", ...second!.moments })
    expect(await namespace.leftovers()).toBe("")

    // The same once more is no new release: nothing is done unless that is asked for, and even then no pod is replaced.
    // The monitor's pod goes by itself.
    const ofApplications = ["--selector=pod-template-hash", "--output=jsonpath={.items[*].metadata.uid}"]
    const pods = () => namespace.kubectl("get", "pods", ...ofApplications)
    const before = await pods()
    const again = await namespace.deploy(Source.minimal()).ended
    expect(again.exitCode, again.stderr).toBe(0)
    expect(again.stdout).toMatch(/^Unchanged in namespace [^]*migrate-\w+: had run/m)
    expect(again.stdout).not.toContain("Requests of users")
    expect(again.stderr).not.toContain("monitor: ")
    const forced = await namespace.deploy(Source.minimal(), "--force").ended
    expect(forced.exitCode, forced.stderr).toBe(0)
    expect(forced.stdout).toMatch(/^Deployed to namespace [^]*migrate-\w+: had run[^]*Requests of users/m)
    expect(await pods()).toBe(before)

    // What somebody has changed is put right, what somebody has added stays, unless it is taken over.
    const note = () => namespace.kubectl("get", "deployment/backend", "--output=jsonpath={.metadata.annotations.note}")
    await namespace.kubectl("label", "deployment/backend", "app.kubernetes.io/managed-by=somebody", "--overwrite")
    await namespace.kubectl("annotate", "deployment/backend", "note=by-hand")
    const planned = await namespace.call(Source.minimal(), "plan").ended
    expect(planned.exitCode, planned.stderr).toBe(0)
    expect(planned.stdout).toMatch(
      /^ +overwrites what kubectl-label has set: metadata\.labels\.app\.kubernetes\.io\/managed-by$/m,
    )
    expect(planned.stdout).toMatch(/^ +keeps what kubectl-annotate has set [^:]*: metadata\.annotations\.note;/m)
    const repaired = await namespace.deploy(Source.minimal()).ended
    expect(repaired.exitCode, repaired.stderr).toBe(0)
    expect(repaired.stdout).toContain("Deployed to namespace ")
    expect(await note()).toBe("by-hand")
    const takenOver = await namespace.deploy(Source.minimal(), "--take-over").ended
    expect(takenOver.exitCode, takenOver.stderr).toBe(0)
    expect(takenOver.stderr).toContain("take over: Deployment backend: fields of kubectl-annotate")
    expect(await note()).toBe("")
    expect(await pods()).toBe(before)
  },
)

test.concurrent("10: a Lease that is deleted meanwhile is taken again, and the deployment goes on", async () => {
  const namespace = await Namespace.create(lab, "lease-deleted")
  const deployment = namespace.deploy(Source.minimal())
  await deployment.said("migrate: migrate-")
  await namespace.kubectl("delete", "leases", "--all")
  const ended = await deployment.ended
  expect(ended.exitCode, ended.stderr).toBe(0)
  expect(ended.stderr).toContain("is taken again")
  expect(await namespace.leftovers()).toBe("")
})

test.concurrent(
  "9: a rollback by hand restores the previous release, however often the current one was deployed",
  async () => {
    const namespace = await Namespace.create(lab, "by-hand")
    const source = Source.minimal()
    const first = await namespace.deploy(source).ended
    expect(first.exitCode, first.stderr).toBe(0)
    const before = await namespace.running()
    source.edit(MANIFESTS, IMAGE, `${IMAGE}          env: [{ name: VERSION, value: "2" }]\n`)
    for (const ended of [await namespace.deploy(source).ended, await namespace.deploy(source).ended])
      expect(ended.exitCode, ended.stderr).toBe(0)
    expect(await namespace.running()).not.toEqual(before)
    const back = await namespace.call(source, "rollback").ended
    expect(back.exitCode, back.stderr).toBe(0)
    expect(back.stdout).toContain("Rolled back to namespace by-hand")
    expect(await namespace.running()).toEqual(before)
  },
)

test.concurrent("9: a rollback by hand after a deployment that was killed restores what succeeded last", async () => {
  const namespace = await Namespace.create(lab, "back-from-killed")
  const version = (value: string) =>
    Source.minimal().edit(MANIFESTS, IMAGE, `${IMAGE}          env: [{ name: VERSION, value: "${value}" }]\n`)
  for (const value of ["1", "2"]) {
    const ended = await namespace.deploy(version(value)).ended
    expect(ended.exitCode, ended.stderr).toBe(0)
  }
  const deployed = () => namespace.kubectl("get", "deployment/frontend", "--output=jsonpath={..env[0].value}")
  const killed = namespace.deploy(version("3"))
  await killed.said("rollout: ")
  killed.kill()
  await killed.ended
  expect(await deployed()).toBe("3")
  const back = await namespace.call(version("3"), "rollback").ended
  expect(back.exitCode, back.stderr).toBe(0)
  expect(await deployed()).toBe("2")
})

test.concurrent("14: pods whose number the manifests leave to an autoscaler from now on stay", async () => {
  const namespace = await Namespace.create(lab, "handed-over")
  const SPEC = "  name: backend\nspec:\n"
  const sized = (size = "") => {
    const strategy = "  strategy: { rollingUpdate: { maxUnavailable: 0 } }\n"
    return Source.minimal().edit(MANIFESTS, SPEC, `${SPEC}${size}${strategy}`)
  }
  const first = await namespace.deploy(sized("  replicas: 2\n")).ended
  expect(first.exitCode, first.stderr).toBe(0)
  const pods = () =>
    namespace.kubectl("get", "pods", "--selector=app=backend", "--output=jsonpath={.items[*].metadata.uid}")
  const before = await pods()
  expect(before.split(" ")).toHaveLength(2)
  // Without requests of its pods, it leaves their number as it is.
  const autoscaler = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: backend }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: backend }
  maxReplicas: 4
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 80 } } }]
`
  const second = await namespace.deploy(sized().write("k8s/hpa.yaml", autoscaler)).ended
  expect(second.exitCode, second.stderr).toBe(0)
  expect(await pods()).toBe(before)
})

describe("a first deployment", () => {
  const CRASH = "console.error('no such setting'); process.exit(3)"

  test.concurrent("4: a first deployment that fails leaves nothing behind but its record", async context => {
    const namespace = await Namespace.create(lab, "first-fails")
    const call = namespace.deploy(withFault(Source.minimal(), CRASH))
    const moments = momentsOf(call, "apply: ")
    const ended = await call.ended
    expect(ended.exitCode, ended.stderr).toBe(1)
    measure(context, { code: "ROLLOUT_FAILED", since: "apply", ...(await moments) })
    for (const text of ["ROLLOUT_FAILED", "no such setting", "has been removed"]) expect(errorOf(ended)).toContain(text)
    expect(await namespace.kubectl("get", "deployments,services,jobs,hpa,pdb", "--output=name")).toBe("")
    expect(await namespace.leftovers()).toBe("")
  })

  test.concurrent("4: a first deployment that fails stays with --keep-failed", async () => {
    const namespace = await Namespace.create(lab, "first-kept")
    const ended = await namespace.deploy(withFault(Source.minimal(), CRASH), "--keep-failed").ended
    expect(ended.exitCode, ended.stderr).toBe(1)
    expect(errorOf(ended)).toContain("is still there")
    expect(await namespace.kubectl("get", "deployments", "--output=name")).toContain("deployment.apps/frontend")
    expect(await namespace.leftovers()).toBe("")
  })
})

test.concurrent("9: another owner's objects stay, whether a first deployment over them succeeds or fails", async () => {
  const namespace = await Namespace.create(lab, "adopted")
  // Its container has the name of the release's, whose fields make it one that the namespace admits.
  await namespace.kubectl("create", "deployment", "frontend", "--image=registry.example/frontend:1")
  await namespace.kubectl("create", "service", "clusterip", "frontend", "--tcp=3000")
  const objects = () =>
    namespace.kubectl("get", "deployments,services", "--output=jsonpath={range .items[*]}{.kind} {.metadata.uid}{end}")
  const before = await objects()
  const ended = await namespace.deploy(Source.minimal().edit(MANIFESTS, "print('nothing to migrate')", "exit(3)")).ended
  expect(ended.exitCode, ended.stderr).toBe(1)
  expect(errorOf(ended)).toContain("MIGRATION_FAILED")
  expect(await objects()).toBe(before)
})

test.concurrent("8: a fix over a broken application succeeds, and says that it was broken", async () => {
  const namespace = await Namespace.create(lab, "repair")
  const source = Source.minimal()
  const first = await namespace.deploy(source).ended
  expect(first.exitCode, first.stderr).toBe(0)
  await namespace.kubectl("patch", "service", "frontend", "--patch", '{"spec":{"selector":{"app":"nowhere"}}}')
  const ended = await namespace.deploy(source.edit("web/main.mjs", "createServer", "createServer /* once more */ "))
    .ended
  expect(ended.exitCode, ended.stderr).toBe(0)
  expect(ended.stderr).toContain("broken before this deployment: frontend's health")
  expect(ended.stdout).toMatch(/100\.000 % answered as expected, .*broken before/)
})

test.concurrent("9: a rollback that fails is reported with its cause", async () => {
  const namespace = await Namespace.create(lab, "no-way-back")
  const source = Source.minimal()
  const first = await namespace.deploy(source).ended
  expect(first.exitCode, first.stderr).toBe(0)
  const turnsBad =
    "const begun = Date.now(); require('http').createServer((_, answer) => { answer.statusCode = Date.now() - begun < 20000 ? 200 : 503; answer.end() }).listen(3000)"
  // The backend keeps the rollout going until the frontend has turned bad, and its images are gone.
  const BACKEND = "          image: backend\n          ports"
  const second = namespace.deploy(
    withFault(source, turnsBad)
      .edit(MANIFESTS, "print('nothing to migrate')", "print('another migration')")
      .edit(MANIFESTS, BACKEND, BACKEND.replace("ports", "env: [{ name: VERSION, value: '2' }]\n          ports"))
      .edit(MANIFESTS, "{ app: backend } }\n", "{ app: backend } }\n  minReadySeconds: 45\n"),
  )
  await second.said("rollout: frontend: 1/1 new, 1 available, 0 old")
  await forgetImages(namespace, first.stdout)
  const ended = await second.ended
  expect(ended.exitCode, ended.stderr).toBe(1)
  const texts = [
    "ROLLBACK_FAILED",
    "AVAILABILITY_FAILED",
    "could not be undone",
    "the image cannot be pulled",
    "migrations that ran, and stay: migrate-",
    "get deployments,pods",
  ]
  for (const text of texts) expect(errorOf(ended), ended.stderr).toContain(text)
  expect(await namespace.leftovers()).toBe("")
})

test.concurrent("10: a deployment that was killed half-way is taken over by the next, and leaves nothing", async () => {
  const namespace = await Namespace.create(lab, "killed")
  const source = Source.minimal()
  const good = await namespace.deploy(source).ended
  expect(good.exitCode, good.stderr).toBe(0)
  const killed = namespace.deploy(
    withFault(source, "setTimeout(() => undefined, 1e9)").edit(
      MANIFESTS,
      "kind: Service\nmetadata:\n  name: backend",
      "kind: ConfigMap\nmetadata:\n  name: gone-again\ndata: {}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: backend",
    ),
  )
  await killed.said("rollout: ")
  killed.kill()
  await killed.ended
  expect(await namespace.leftovers()).toMatch(/^Lease/)

  const next = await namespace.deploy(Source.minimal()).ended
  expect(next.exitCode, next.stderr).toBe(0)
  expect(next.stderr).toContain("lock: taken over from system:admin")
  expect(await namespace.leftovers()).toBe("")
  expect(await namespace.kubectl("get", "configmaps", "--output=name")).not.toContain("gone-again")
  expect(await namespace.running()).toHaveLength(2)
})

test.concurrent(
  "14: what others change during the rollout fails it, and stays; a restart by hand is waited for",
  async () => {
    const namespace = await Namespace.create(lab, "other-hand")
    const source = Source.minimal()
    const good = await namespace.deploy(source).ended
    expect(good.exitCode, good.stderr).toBe(0)
    const version = (value: string) => {
      const env = `          env: [{ name: VERSION, value: "${value}" }]\n`
      return Source.minimal()
        .edit(MANIFESTS, IMAGE, `${IMAGE}${env}`)
        .edit(
          MANIFESTS,
          "        - name: backend\n          image: backend\n",
          `        - name: backend\n          image: backend\n${env}`,
        )
    }
    const variables = (name: string) =>
      namespace.kubectl("get", "deployment", name, "--output=jsonpath={.spec.template.spec.containers[0].env[*].name}")

    const restarted = namespace.deploy(version("2"))
    await restarted.said("rollout: frontend: ")
    await namespace.kubectl("rollout", "restart", "deployment/frontend")
    const second = await restarted.ended
    expect(second.exitCode, second.stderr).toBe(0)
    expect(second.stderr).toMatch(/rollout: frontend: warning: kubectl-rollout \(.*has its pods restarted/)

    const changed = namespace.deploy(version("3"))
    await changed.said("rollout: frontend: ")
    await namespace.kubectl("set", "env", "deployment/frontend", "OTHER=1")
    const third = await changed.ended
    expect(third.exitCode, third.stderr).toBe(1)
    const texts = [
      "ROLLOUT_FAILED: what runs of frontend is not what was applied",
      "kubectl-set (Update, ",
      "spec.template.spec.containers[0].env[1].name",
      "rolled back to",
      "stays as it is: Deployment frontend",
    ]
    for (const text of texts) expect(errorOf(third), third.stderr).toContain(text)
    expect(await variables("frontend")).toBe("VERSION OTHER")
    expect(await variables("backend")).toBe("VERSION")
    expect(await namespace.kubectl("get", "deployment", "backend", "--output=jsonpath={..env[0].value}")).toBe("2")
    expect(await namespace.leftovers()).toBe("")
  },
)

/** A StatefulSet of the frontend's image, whose pod does as a script says, and may use so much memory. */
function withQueue(script: string, memory = "128Mi"): Source {
  const queue = `---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: queue
spec:
  serviceName: queue
  selector: { matchLabels: { app: queue } }
  template:
    metadata: { labels: { app: queue } }
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: queue
          image: frontend
          command: [node, -e, "${script}"]
          ports: [{ containerPort: 3000 }]
          readinessProbe: { httpGet: { path: /health, port: 3000 }, periodSeconds: 1 }
          lifecycle: { preStop: { sleep: { seconds: 1 } } }
          resources: { limits: { memory: ${memory} } }
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
`
  const source = Source.minimal()
  return source.write(MANIFESTS, readFileSync(join(source.path, MANIFESTS), "utf8") + queue)
}

test.concurrent(
  "9: a StatefulSet whose new pod never becomes ready is rolled back, and the next release goes on",
  async () => {
    const namespace = await Namespace.create(lab, "stateful")
    const serves = (text: string) => `require('http').createServer((_, answer) => answer.end('${text}')).listen(3000)`
    const ready = () =>
      namespace.kubectl("get", "statefulset", "queue", "--output=jsonpath={.status.readyReplicas} {..command[2]}")
    const good = await namespace.deploy(withQueue(serves("one"))).ended
    expect(good.exitCode, good.stderr).toBe(0)

    const bad = await namespace.deploy(withQueue("console.error('no such queue'); process.exit(3)"), "--timeout=2m")
      .ended
    expect(bad.exitCode, bad.stderr).toBe(1)
    for (const text of ["ROLLOUT_FAILED: the rollout of statefulset/queue", "no such queue", "rolled back to"])
      expect(errorOf(bad), bad.stderr).toContain(text)
    expect(bad.stderr).toContain("deleting the pod queue-0")
    expect(await ready()).toBe(`1 ${serves("one")}`)

    const next = await namespace.deploy(withQueue(serves("two")), "--timeout=2m").ended
    expect(next.exitCode, next.stderr).toBe(0)
    expect(await ready()).toBe(`1 ${serves("two")}`)
  },
)

test.concurrent(
  "7: a StatefulSet whose new pod a quota refuses is rolled back, and the quota is named",
  async context => {
    const namespace = await Namespace.create(lab, "stateful-quota")
    await namespace.kubectl("create", "quota", "small", "--hard=limits.memory=1Gi")
    await namespace.kubectl("apply", "--filename=test/faults/cases/quota-exceeded/limits.yaml")
    const serves = "require('http').createServer((_, answer) => answer.end()).listen(3000)"
    const good = await namespace.deploy(withQueue(serves)).ended
    expect(good.exitCode, good.stderr).toBe(0)

    const call = namespace.deploy(withQueue(serves, "2Gi"), "--timeout=4m")
    const moments = momentsOf(call, "apply: ")
    const bad = await call.ended
    expect(bad.exitCode, bad.stderr).toBe(1)
    measure(context, { code: "ROLLOUT_FAILED", since: "apply", ...(await moments) })
    for (const text of ["ROLLOUT_FAILED: the rollout of statefulset/queue", "exceeded quota", "rolled back to"])
      expect(errorOf(bad), bad.stderr).toContain(text)
    expect(await namespace.kubectl("get", "statefulset", "queue", "--output=jsonpath={.status.readyReplicas}")).toBe(
      "1",
    )
  },
)

test.concurrent(
  "10: a migration that a killed deployment has left running is reported, and ends before the next one begins",
  async () => {
    const namespace = await Namespace.create(lab, "killed-migrating")
    const migration = (script: string) => Source.minimal().edit(MANIFESTS, "print('nothing to migrate')", script)
    const untilToldTo =
      "import socket, time\\nwhile True:\\n  try: socket.getaddrinfo('go-on', 80); break\\n  except OSError: time.sleep(1)"
    const killed = namespace.deploy(migration(untilToldTo))
    await killed.said("migrate: migrate-")
    await expect
      .poll(() => namespace.kubectl("get", "pods", "--output=jsonpath={.items[*].status.phase}"), { timeout: 60_000 })
      .toContain("Running")
    killed.kill()
    await killed.ended
    // What a minute does to the Lease.
    await namespace.kubectl("delete", "leases", "--all")

    const folder = mkdtempSync(join(tmpdir(), "cloud-native-killed-"))
    const reported = await namespace.call(Source.minimal(), "report", "-o", folder).ended
    expect(reported.exitCode, reported.stderr).toBe(0)
    expect(JSON.parse(readFileSync(join(folder, "report.json"), "utf8"))).toMatchObject({
      outcome: "failed",
      changed: false,
      failure: {
        code: "KILLED",
        kind: "migrate",
        what: expect.stringMatching(/^the deployment was killed during its migrations; its last sign of life is of 20/),
        why: expect.stringMatching(/^migration migrate-\w+: still runs\nDeployment backend: does not exist\n/),
      },
    })
    rmSync(folder, { recursive: true })

    const next = namespace.deploy(migration("print('the next one')"))
    await next.said("of an earlier deployment still runs: waiting until it has ended")
    expect(await namespace.kubectl("get", "jobs", "--output=jsonpath={..command}")).not.toContain("the next one")
    await namespace.kubectl("create", "service", "clusterip", "go-on", "--tcp=80")
    const ended = await next.ended
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stderr).toMatch(/migrate: migrate-\w+ has ended[^]*migrate: migrate-\w+\n/)
    expect(ended.stderr).not.toContain("migrate: stopping")
  },
)

test.concurrent("10: of two names that deploy the same objects, one does, and takes over on purpose only", async () => {
  const namespace = await Namespace.create(lab, "two-names")
  const named = (name: string) => Source.minimal().edit("cloud-native.yaml", "name: minimal", `name: ${name}`)
  const both = await Promise.all(["shop", "store"].map(name => namespace.deploy(named(name)).ended))
  const [first, second] = [...both].sort((a, b) => a.exitCode - b.exitCode)
  expect(first!.exitCode, first!.stderr).toBe(0)
  expect(second!.exitCode, second!.stderr).toBe(1)
  expect(errorOf(second!)).toMatch(/^Error: (LOCKED|OWNED_BY_ANOTHER): /)
  const winner = both[0] === first ? "shop" : "store"
  const loser = winner === "shop" ? "store" : "shop"
  const owners = () =>
    namespace.kubectl("get", "deployments", "--output=jsonpath={..metadata.labels.app\\.kubernetes\\.io/part-of}")
  expect(new Set((await owners()).split(" "))).toEqual(new Set([winner]))

  const refused = await namespace.deploy(named(loser)).ended
  expect(refused.exitCode, refused.stderr).toBe(1)
  for (const text of ["OWNED_BY_ANOTHER", `Deployment frontend belongs to the name ${winner}`, "--take-over"])
    expect(errorOf(refused), refused.stderr).toContain(text)
  const planned = await namespace.call(named(loser), "plan").ended
  expect(planned.exitCode, planned.stderr).toBe(0)
  expect(planned.stdout).toMatch(
    new RegExp(`^~ Deployment frontend\\n    [^]*?^    belongs to the name ${winner}; deploy needs --take-over$`, "m"),
  )
  const taken = await namespace.deploy(named(loser), "--take-over").ended
  expect(taken.stdout).toContain(`  Deployment frontend, from the name ${winner}\n`)
  expect(taken.exitCode, taken.stderr).toBe(0)
  expect(new Set((await owners()).split(" "))).toEqual(new Set([loser]))
  expect(await namespace.leftovers()).toBe("")
})

/** Take the images of a release from the registry and from the node. */
async function forgetImages(namespace: Namespace, summary: string): Promise<void> {
  const references = [...new Set(summary.match(/localhost:\d+\/\S+@sha256:[0-9a-f]{64}/g))]
  expect(references).toHaveLength(2)
  await podman([
    "exec",
    registryContainer(lab.name),
    "rm",
    "-r",
    `/var/lib/registry/docker/registry/v2/repositories/${namespace.name}`,
  ])
  await podman(["exec", kubernetesContainer(lab.name), "/bin/k3s", "ctr", "images", "rm", "--sync", ...references])
}
