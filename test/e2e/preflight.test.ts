// What would stop a deployment to a cluster of the user's: the lab's. So it runs with the embedded engine only (see vitest.config.ts).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { parse, stringify } from "yaml"

import { kubectl as kubectlOn } from "../lab/kubectl.ts"
import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { podman } from "../lab/podman.ts"
import { dagger, type Ended, ROOT } from "./dagger.ts"
import { Source } from "./source.ts"

const NAMESPACE = "tasks"
/** A port of the node at which packets go unanswered. */
const BLACK_HOLE = 9
const SECRETS =
  "BACKEND_DATABASE_URL=a\nFRONTEND_DATABASE_URL=a\nBETTER_AUTH_SECRET=a\nMONITOR_EMAIL=a\nMONITOR_PASSWORD=a\n"

const folder = mkdtempSync(join(tmpdir(), "cloud-native-preflight-"))
const complete = file("complete.env", SECRETS)
let lab: Lab
let node: string

beforeAll(async () => {
  lab = await temporaryLab({ name: `preflight-${process.pid}` })
  node = `cloud-native-${lab.name}-kubernetes`
  await kubectl("create", "namespace", NAMESPACE)
  await podman(["exec", node, "iptables", "-I", "INPUT", "-p", "tcp", "--dport", String(BLACK_HOLE), "-j", "DROP"])
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
  rmSync(folder, { recursive: true })
})

describe("what is wrong with the arguments or the repository", () => {
  test.concurrent("a kubeconfig that cannot be read", async () => {
    expect(messageOf(await refused({ kubeconfig: `file:${join(folder, "nothing-here")}` }))).toContain("nothing-here")
  })

  test.concurrent(
    "a kubeconfig that is none, a public URL that no token would be for, a time that is none: all at once",
    async () => {
      const kubeconfig = file("no-kubeconfig", "clusters: []\n")
      const message = messageOf(await refused({ kubeconfig, "public-url": `${lab.appUrl}/shop`, timeout: "soon" }))
      for (const text of [
        "PREFLIGHT_FAILED: 3 problems",
        "KUBECONFIG_INVALID",
        "ARGUMENTS_INVALID",
        `--public-url=${lab.appUrl}/shop`,
        "--timeout=soon",
      ])
        expect(message).toContain(text)
    },
  )

  test.concurrent("manifests that cannot be a release, or that nobody could reach", async () => {
    const source = Source.sample()
      .edit("k8s/deployment.yaml", "image: backend\n", "image: todo-mcp:latest\n")
      .edit(
        "k8s/service.yaml",
        "app.kubernetes.io/name: frontend\n  ports",
        "app.kubernetes.io/name: front-end\n  ports",
      )
      .write(
        "k8s/rollout.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: { name: worker }\nspec: { template: { spec: { containers: [{ name: worker, image: backend }] } } }\n",
      )
    const message = messageOf(await refused({}, source))
    for (const text of [
      "MANIFESTS_INVALID: the manifests have 3 problems",
      "image todo-mcp:latest of container backend is neither a placeholder nor a digest",
      "Service frontend selects no pods of the manifests: its selector is app.kubernetes.io/name: front-end",
      "Rollout worker: image: backend is in an object of kind Rollout",
    ])
      expect(message).toContain(text)
  })
})

describe("what keeps kubectl from the cluster, within ten seconds", () => {
  const cases: Record<string, { change: (kubeconfig: Kubeconfig) => void; expected: string[] }> = {
    "nothing listens": {
      change: ({ cluster }) => (cluster.server = at(cluster.server, 1)),
      expected: ["CLUSTER_UNREACHABLE: nothing listens at the API server's address"],
    },
    "no answer ever comes": {
      change: ({ cluster }) => (cluster.server = at(cluster.server, BLACK_HOLE)),
      expected: ["CLUSTER_UNREACHABLE", "does not answer within 8 s", "VPN, firewall"],
    },
    "a name that does not resolve": {
      change: ({ cluster }) => (cluster.server = "https://nowhere.invalid:6443"),
      expected: ["CLUSTER_UNREACHABLE", "https://nowhere.invalid:6443 does not resolve"],
    },
    "an authority that is not trusted": {
      change: ({ cluster, user }) => (cluster["certificate-authority-data"] = user["client-certificate-data"]!),
      expected: ["CLUSTER_UNTRUSTED", "is not signed by an authority that the kubeconfig trusts"],
    },
    "a certificate for another name": {
      change: ({ cluster }) => (cluster["tls-server-name"] = "elsewhere.example.com"),
      expected: ["CLUSTER_UNTRUSTED", "is not for the name elsewhere.example.com", "tls-server-name"],
    },
    "a token that is not accepted": {
      change: kubeconfig => (kubeconfig.user = { token: "not-a-token" }),
      expected: ["CREDENTIALS_REFUSED", "does not accept the credentials"],
    },
    "no credentials": {
      change: kubeconfig => (kubeconfig.user = {}),
      expected: ["CREDENTIALS_REFUSED", "has no credentials"],
    },
    "this machine's own address": {
      change: ({ cluster }) => (cluster.server = "https://127.0.0.1:6443"),
      expected: ["CLUSTER_UNREACHABLE", "kubectl runs in a container", "--api-server=tcp://127.0.0.1:6443"],
    },
    "a program, and a file, that the container lacks": {
      change: kubeconfig => {
        delete kubeconfig.cluster["certificate-authority-data"]
        kubeconfig.cluster["certificate-authority"] = "/home/me/ca.crt"
        kubeconfig.user = {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1",
            command: "aws",
            args: ["eks", "get-token"],
            interactiveMode: "Never",
          },
        }
      },
      expected: [
        "KUBECONFIG_INCOMPLETE: 2 problems",
        "that the container does not have: aws",
        "images.kubectl",
        "certificate-authority: /home/me/ca.crt",
        "--flatten",
      ],
    },
  }
  test.concurrent.each(Object.entries(cases))("%s", async (name, { change, expected }) => {
    const ended = await refused({ kubeconfig: kubeconfigWith(name.replace(/\W/g, "-"), change) })
    for (const text of expected) expect(messageOf(ended)).toContain(text)
    expect(ended.stderr).not.toContain("not-a-token")
    expect(secondsOfKubectl(ended)).toBeLessThan(10)
  })

  test.concurrent("--api-server reaches this machine's own address, with the certificate checked", async () => {
    const port = Number((await podman(["port", node, "6443/tcp"])).stdout.trim().split(":").at(-1))
    const own = kubeconfigWith("own", ({ cluster }) => (cluster.server = `https://127.0.0.1:${port}`))
    const planned = await plan({ kubeconfig: own, "api-server": `tcp://127.0.0.1:${port}` })
    expect(planned.exitCode, planned.stderr).toBe(0)
    const another = kubeconfigWith("own-other-name", ({ cluster }) =>
      Object.assign(cluster, { server: `https://127.0.0.1:${port}`, "tls-server-name": "elsewhere.example.com" }),
    )
    const failed = await plan({ kubeconfig: another, "api-server": `tcp://127.0.0.1:${port}` })
    for (const text of ["CLUSTER_UNTRUSTED", "elsewhere.example.com"]) expect(messageOf(failed)).toContain(text)
  })
})

describe("what the cluster lacks", () => {
  test.concurrent("nothing: a plan", async () => {
    const planned = await plan({})
    expect(planned.exitCode, planned.stderr).toBe(0)
    expect(planned.stdout).toContain("+ Deployment backend")
  })

  test.concurrent("a Secret without a key that the manifests refer to", async () => {
    const message = messageOf(
      await refused({ secrets: file("incomplete.env", SECRETS.replace("BETTER_AUTH_SECRET=a\n", "")) }),
    )
    for (const text of ["SECRETS_MISSING", "BETTER_AUTH_SECRET", "nothing was changed"]) expect(message).toContain(text)
    expect(message).not.toContain("FRONTEND_DATABASE_URL")
  })

  test.concurrent(
    "a namespace that does not exist, and a kind that the cluster does not know: both at once",
    async () => {
      const source = Source.sample().write(
        "k8s/monitor.yaml",
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: { name: backend }\n---\napiVersion: batch/v1beta1\nkind: CronJob\nmetadata: { name: nightly }\n",
      )
      const message = messageOf(await refused({ namespace: "nowhere" }, source))
      for (const text of [
        "PREFLIGHT_FAILED: 2 problems",
        "NAMESPACE_MISSING",
        "kubectl create namespace nowhere",
        "KINDS_MISSING",
        "ServiceMonitor (monitoring.coreos.com/v1)",
        "CronJob (batch/v1beta1): the cluster has batch/v1",
      ])
        expect(message).toContain(text)
    },
  )

  test.concurrent("nothing, with a kubeconfig and secrets that are kept in base64", async () => {
    const encoded = (name: string, content: string) => file(name, Buffer.from(content).toString("base64"))
    const planned = await plan({
      kubeconfig: encoded("kubeconfig.b64", readFileSync(lab.kubeconfig, "utf8")),
      secrets: encoded("secrets.b64", SECRETS),
    })
    expect(planned.exitCode, planned.stderr).toBe(0)
    expect(planned.stdout).toContain("+ Deployment backend")
  })

  test.concurrent("an object that the API server does not accept", async () => {
    const source = Source.sample().edit("k8s/deployment.yaml", "minReadySeconds: 5", "minReadySecond: 5")
    const message = messageOf(await refused({}, source))
    for (const text of [
      "MANIFESTS_INVALID: the API server does not accept the manifests",
      'unknown field "minReadySecond" in io.k8s.api.apps.v1.DeploymentSpec',
    ])
      expect(message).toContain(text)
  })

  test.concurrent(
    "pods that the namespace would refuse; where it only warns of them, a plan",
    { tags: "slow" },
    async () => {
      const labelled = async (name: string, mode: string) => {
        await kubectl("create", "namespace", name)
        await kubectl("label", "namespace", name, `pod-security.kubernetes.io/${mode}=restricted`)
        return name
      }
      const source = Source.sample().edit(
        "k8s/deployment.yaml",
        "serviceAccountName: backend",
        "hostNetwork: true\n      serviceAccountName: backend",
      )
      const message = messageOf(await refused({ namespace: await labelled("guarded", "enforce") }, source))
      for (const text of ["MANIFESTS_INVALID: the namespace guarded would refuse pods", "hostNetwork=true"])
        expect(message).toContain(text)
      expect(message.match(/\w+ \w+: would violate PodSecurity "restricted:latest"/g)).toEqual([
        'Deployment backend: would violate PodSecurity "restricted:latest"',
      ])
      const warned = await call("plan", { namespace: await labelled("warned", "warn") }, source)
      expect(warned.exitCode, warned.stderr).toBe(0)
      expect(warned.stderr).toContain("preflight: warning: would violate PodSecurity")
    },
  )

  test.concurrent(
    "pull secrets for another registry, brought by the pods and by a ServiceAccount; nothing of what they hold is shown",
    async () => {
      const namespace = "pulling"
      const password = "correct-horse-battery"
      const create = (name: string, server: string) =>
        kubectl(
          "--namespace",
          namespace,
          "create",
          "secret",
          "docker-registry",
          name,
          `--docker-server=${server}`,
          "--docker-username=me",
          `--docker-password=${password}`,
        )
      await kubectl("create", "namespace", namespace)
      await Promise.all([
        create("hub", "https://index.docker.io/v1/"),
        create("lab", lab.registry),
        create("elsewhere", "registry.example.com"),
      ])
      await kubectl("--namespace", namespace, "create", "serviceaccount", "frontend")
      await kubectl(
        "--namespace",
        namespace,
        "patch",
        "serviceaccount",
        "frontend",
        `--patch=${JSON.stringify({ imagePullSecrets: [{ name: "elsewhere" }] })}`,
      )
      const of = (...names: string[]) =>
        Source.sample().edit(
          "k8s/deployment.yaml",
          "serviceAccountName: backend",
          `imagePullSecrets: [${names.map(name => `{ name: ${name} }`).join(", ")}]\n      serviceAccountName: backend`,
        )

      const ended = await refused({ namespace }, of("hub"))
      expect(messageOf(ended)).toContain("PULL_SECRET_UNFIT")
      expect(messageOf(ended)).toContain(`Deployment backend pulls from ${lab.registry}; not for it: Secret hub`)
      expect(messageOf(ended)).toContain(`Deployment frontend pulls from ${lab.registry}; not for it: Secret elsewhere`)
      const covered = await refused({ namespace }, of("hub", "lab"))
      expect(messageOf(covered)).not.toContain("Deployment backend")
      for (const text of [
        password,
        Buffer.from(password).toString("base64").slice(0, -2),
        Buffer.from(`me:${password}`).toString("base64"),
      ]) {
        expect(ended.stdout + ended.stderr + covered.stdout + covered.stderr).not.toContain(text)
      }
    },
  )
})

describe("a service account with the Role of docs/permissions.md", () => {
  const role = parse(/```yaml\n(.*?)```/s.exec(readFileSync(join(ROOT, "docs/permissions.md"), "utf8"))![1]!) as {
    rules: { resources: string[]; verbs: string[] }[]
  }

  /** A kubeconfig of a service account that has these rights in a namespace of its own. */
  async function accountWith(namespace: string, given: typeof role): Promise<string> {
    await kubectl("create", "namespace", namespace)
    await kubectl(
      "--namespace",
      namespace,
      "apply",
      `--filename=${file(`${namespace}.yaml`, stringify(given)).slice("file:".length)}`,
    )
    await kubectl("--namespace", namespace, "create", "serviceaccount", "deployer")
    await kubectl(
      "--namespace",
      namespace,
      "create",
      "rolebinding",
      "deployer",
      "--role=cloud-native",
      `--serviceaccount=${namespace}:deployer`,
    )
    const token = await kubectl("--namespace", namespace, "create", "token", "deployer")
    return kubeconfigWith(namespace, kubeconfig => (kubeconfig.user = { token }))
  }

  test.concurrent(
    "without one verb, without a key of a Secret, with a token that ends too soon: just these are named",
    async () => {
      const namespace = "lacking"
      const rules = role.rules.map(rule =>
        rule.resources[0] === "networkpolicies"
          ? { ...rule, verbs: rule.verbs.filter(verb => verb !== "delete") }
          : rule,
      )
      const kubeconfig = await accountWith(namespace, { ...role, rules })
      const message = messageOf(await refused({ namespace, kubeconfig }))
      expect(message).toContain(
        "PERMISSIONS_MISSING: system:serviceaccount:lacking:deployer lacks permissions in the namespace lacking",
      )
      expect(message.match(/\(for .*\)/g)).toHaveLength(1)
      expect(message).toContain("  delete networkpolicies.networking.k8s.io (for the manifests)")

      // The token is for an hour.
      const secrets = file("none.env", "OTHER=a\n")
      const all = messageOf(await refused({ namespace, kubeconfig, secrets, timeout: "30m" }))
      for (const text of [
        "PREFLIGHT_FAILED: 3 problems",
        "PERMISSIONS_MISSING",
        "SECRETS_MISSING",
        "MONITOR_PASSWORD",
        "CREDENTIALS_REFUSED: the credentials of the kubeconfig may end in the middle of the deployment",
        "90.0 min in all",
      ])
        expect(all).toContain(text)
    },
  )

  test.concurrent("deploys, and reads the report", async () => {
    const namespace = "permitted"
    const kubeconfig = await accountWith(namespace, role)
    const source = Source.minimal()
    const target = [`--kubeconfig=${kubeconfig}`, `--namespace=${namespace}`]
    const deployed = await dagger(
      `--source=${source.path}`,
      "deploy",
      `--registry=${lab.registry}/${namespace}`,
      "--verbose",
      ...target,
    )
    expect(deployed.exitCode, deployed.stderr).toBe(0)
    expect(deployed.stderr).toContain("preflight: the nodes' architecture is not checked")
    const forbidden = [...deployed.stderr.matchAll(/cannot (\w+) resource "(\w+)"/g)].map(
      ([, verb, resource]) => `${verb} ${resource}`,
    )
    // What preflight can do without: it then leaves out the namespace's labels, the nodes, and the monitor's own pod.
    expect([...new Set(forbidden)].sort()).toEqual(["get namespaces", "list nodes", "patch pods"])
    const reported = await dagger(`--source=${source.path}`, "report", ...target, "-o", join(folder, "report"))
    expect(reported.exitCode, reported.stderr).toBe(0)
    expect(JSON.parse(readFileSync(join(folder, "report/report.json"), "utf8"))).toMatchObject({
      outcome: "succeeded",
      namespace,
      timeline: { pods: expect.arrayContaining([expect.objectContaining({ ready: expect.any(String) })]) },
    })

    const chain = ["push", "deployment", "report", "-o", join(folder, "chain")]
    const again = await dagger(
      `--source=${source.path}`,
      `--registry=${lab.registry}/${namespace}`,
      ...target,
      ...chain,
    )
    expect(again.exitCode, again.stderr).toBe(0)
    const [first, second] = ["report", "chain"].map(
      name => JSON.parse(readFileSync(join(folder, name, "report.json"), "utf8")) as { id: string; outcome: string },
    )
    expect(second!.outcome).toBe("succeeded")
    expect(second!.id > first!.id, `${second!.id} is the second deployment's`).toBe(true)
  })
})

test(
  "a first deployment whose migration needs a server of the same manifests, which comes up before it",
  { tags: "slow" },
  async () => {
    const deploy = async (source: Source, namespace: string) => {
      await kubectl("create", "namespace", namespace)
      const target = [`--kubeconfig=file:${lab.kubeconfig}`, `--namespace=${namespace}`]
      const ended = await dagger(
        `--source=${source.path}`,
        "deploy",
        `--registry=${lab.registry}/${namespace}`,
        ...target,
      )
      expect(ended.exitCode, ended.stderr).toBe(0)
      return ended
    }
    // Any image that is not the release's own would do: here it is one of another release.
    const other = await deploy(Source.minimal(), "other")
    const [image] = /\S+\/other\/\S+backend@sha256:[0-9a-f]{64}/.exec(other.stdout)!
    const store = [
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "store" },
        spec: { selector: { app: "store" }, ports: [{ port: 8000 }] },
      },
      {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { name: "store" },
        spec: {
          serviceName: "store",
          selector: { matchLabels: { app: "store" } },
          template: {
            metadata: { labels: { app: "store" } },
            spec: {
              containers: [
                {
                  name: "store",
                  image,
                  ports: [{ containerPort: 8000 }],
                  readinessProbe: { httpGet: { path: "/health", port: 8000 }, initialDelaySeconds: 3 },
                },
              ],
            },
          },
        },
      },
    ]
    const source = Source.minimal()
      .edit(
        "k8s/app.yaml",
        "print('nothing to migrate')",
        "import urllib.request as u; u.urlopen('http://store:8000/health')",
      )
      .write("k8s/store.yaml", store.map(object => stringify(object)).join("---\n"))
    const ended = await deploy(source, "stored")
    const said = ["apply: 2 objects that the migrations may need", "rollout: statefulset/store: ", "migrate: migrate-"]
    expect(said.map(text => ended.stderr.indexOf(text)).sort((a, b) => a - b)).toEqual(
      said.map(text => ended.stderr.indexOf(text)),
    )
    for (const text of said) expect(ended.stderr).toContain(text)
  },
)

test(
  "a Deployment of a Helm release with a tcpSocket probe is refused without --take-over, and taken over with it",
  { tags: "slow" },
  async () => {
    const namespace = "from-helm"
    await kubectl("create", "namespace", namespace)
    const live = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name: "backend",
        labels: { "app.kubernetes.io/managed-by": "Helm" },
        annotations: { "meta.helm.sh/release-name": "shop-api", "meta.helm.sh/release-namespace": namespace },
      },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: "backend" } },
        template: {
          metadata: { labels: { app: "backend" } },
          spec: {
            containers: [
              {
                name: "backend",
                image: "localhost/nothing-here:1",
                env: [{ name: "DEBUG", value: "1" }],
                readinessProbe: { tcpSocket: { port: 8000 } },
                lifecycle: { preStop: { exec: { command: ["sleep", "3"] } } },
              },
            ],
          },
        },
      },
    }
    const path = file("from-helm.yaml", stringify(live)).slice("file:".length)
    await kubectl("--namespace", namespace, "create", "--field-manager=helm", `--filename=${path}`)
    const run = (...args: string[]) =>
      dagger(
        `--source=${Source.minimal().path}`,
        `--registry=${lab.registry}/${namespace}`,
        `--kubeconfig=file:${lab.kubeconfig}`,
        `--namespace=${namespace}`,
        ...args,
      )
    const read = async () => {
      const text = await kubectl("--namespace", namespace, "get", "deployment/backend", "--output=json")
      const { metadata, spec } = JSON.parse(text) as typeof live
      return { ...metadata, container: spec.template.spec.containers[0]! }
    }

    const refusal = await run("deploy")
    expect(refusal.exitCode, refusal.stderr).toBe(1)
    for (const text of ["OWNED_BY_ANOTHER", "Deployment backend belongs to the Helm release shop-api", "--take-over"])
      expect(messageOf(refusal)).toContain(text)
    expect(refusal.stderr).not.toContain("build: ")
    expect((await read()).container.readinessProbe).toMatchObject({ tcpSocket: { port: 8000 } })

    const planned = await run("plan")
    expect(planned.exitCode, planned.stderr).toBe(0)
    expect(planned.stdout).toMatch(
      /^~ Deployment backend\n[^]*readinessProbe\.tcpSocket[^]*belongs to the Helm release shop-api; deploy needs --take-over$/m,
    )
    expect((await read()).container.readinessProbe).toMatchObject({ tcpSocket: { port: 8000 } })

    const taken = await run("deploy", "--take-over")
    expect(taken.exitCode, taken.stderr).toBe(0)
    expect(taken.stdout).toContain("  Deployment backend, from the Helm release shop-api (fields of helm)\n")
    const { labels, annotations, container } = await read()
    expect(labels["app.kubernetes.io/managed-by"]).toBe("cloud-native")
    expect(annotations).not.toHaveProperty("meta.helm.sh/release-name")
    expect(container).not.toHaveProperty("env")
    expect(container.readinessProbe).not.toHaveProperty("tcpSocket")
    expect(container.readinessProbe).toHaveProperty("httpGet")
    expect(container.lifecycle.preStop).toEqual({ sleep: { seconds: 3 } })
  },
)

// The last one: pods could come to that node as well.
test("nodes of another architecture", async () => {
  await kubectl(
    "create",
    `--filename=${file("node.yaml", stringify({ apiVersion: "v1", kind: "Node", metadata: { name: "arm", labels: { "kubernetes.io/arch": "arm64" } } })).slice("file:".length)}`,
  )
  await kubectl("taint", "nodes", "arm", "--all", "node.kubernetes.io/not-ready-").catch(() => undefined)
  const now = new Date().toISOString()
  const ready = {
    type: "Ready",
    status: "True",
    reason: "Test",
    message: "",
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  }
  await kubectl(
    "patch",
    "node",
    "arm",
    "--subresource=status",
    "--type=merge",
    `--patch=${JSON.stringify({ status: { nodeInfo: { architecture: "arm64" }, conditions: [ready] } })}`,
  )
  try {
    const message = messageOf(await refused({}))
    for (const text of [
      "ARCHITECTURE_MISMATCH",
      "Deployment backend may come to arm (arm64)",
      "nodeSelector: { kubernetes.io/arch: amd64 }",
    ])
      expect(message).toContain(text)
  } finally {
    await kubectl("delete", "node", "arm")
  }
})

interface Kubeconfig {
  cluster: {
    server: string
    "certificate-authority-data"?: string
    "certificate-authority"?: string
    "tls-server-name"?: string
  }
  user: { [field: string]: unknown; "client-certificate-data"?: string }
}

/** A file with the lab's kubeconfig, changed. */
function kubeconfigWith(name: string, change: (kubeconfig: Kubeconfig) => unknown): string {
  const config = parse(readFileSync(lab.kubeconfig, "utf8"))
  const changed: Kubeconfig = { cluster: config.clusters[0].cluster, user: config.users[0].user }
  change(changed)
  config.users[0].user = changed.user
  return file(`${name}.kubeconfig`, stringify(config))
}

function at(address: string, port: number): string {
  return Object.assign(new URL(address), { port }).href
}

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content)
  return `file:${join(folder, name)}`
}

/** A deployment that does not begin. */
async function refused(flags: Record<string, string>, source = Source.sample()): Promise<Ended> {
  const ended = await call("deploy", { registry: lab.registry, ...flags }, source)
  expect(ended.exitCode, ended.stderr).toBe(1)
  for (const step of ["test: ", "build: ", "push: ", "migrate: "]) expect(ended.stderr).not.toContain(step)
  return ended
}

function plan(flags: Record<string, string>): Promise<Ended> {
  return call("plan", flags, Source.sample())
}

function call(name: string, flags: Record<string, string>, source: Source): Promise<Ended> {
  const given = { kubeconfig: `file:${lab.kubeconfig}`, secrets: complete, ...flags }
  const flagged = Object.entries(given).map(([flag, value]) => `--${flag}=${value}`)
  return dagger(`--source=${source.path}`, name, "--verbose", ...flagged)
}

function messageOf({ stderr }: Ended): string {
  return stderr.slice(stderr.search(/^Error: /m))
}

/** From the call of kubectl to the end of the function, by the clock of the CLI's own lines; 0 where it was not called. */
function secondsOfKubectl({ stderr }: Ended): number {
  const at = [...stderr.matchAll(/^ *([\d.]+)s /gm)].map(([, seconds]) => Number(seconds))
  const called = Number(/^ *([\d.]+)s exec kubectl .*auth whoami/m.exec(stderr)?.[1] ?? at.at(-1) ?? 0)
  return (at.at(-1) ?? 0) - called
}

async function kubectl(...args: string[]): Promise<string> {
  return (await kubectlOn(lab, args)).trim()
}
