import { readdirSync, readFileSync } from "node:fs"

import { describe, expect, onTestFinished, test, vi } from "vitest"
import { parse } from "yaml"

import { assertDeployable, checkManifests } from "../../../.dagger/src/manifests/check.ts"
import { describe as describeObject } from "../../../.dagger/src/manifests/manifest.ts"
import { type Manifest, parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { markOf } from "../../../.dagger/src/manifests/secret-values.ts"
import { caseFolder, ownFile, ownManifests, yamlFiles } from "./files.ts"

const APPS = {
  backend: { service: "backend", port: 8000, health: "/health" },
  frontend: { service: "frontend", port: 3000, health: "/api/health" },
}

/** Every rule passes on this repository's manifests; each case breaks one thing in them. */
type Break = [what: string, code: string, edit: (manifests: Editable) => void]

/** The cases write what the types would refuse. */
type Json = any
interface Editable {
  /** An object by kind and name. */
  get(kind: string, name: string): Json
  /** The pod template's spec, and its only container. */
  pod(kind: string, name: string): Json
  container(kind: string, name: string): Json
  add(yaml: string): void
  remove(kind: string, name: string): void
}

const CASES: Break[] = [
  [
    "an image by tag",
    "IMAGE_NOT_PINNED",
    m =>
      void m
        .pod("Deployment", "backend")
        .containers.push({ ...m.container("Deployment", "backend"), name: "proxy", image: "nginx:1.29" }),
  ],
  [
    "an application that nothing runs",
    "IMAGE_NOT_USED",
    m => {
      m.remove("Deployment", "backend")
      m.remove("Job", "backend-migration")
    },
  ],
  [
    "an Argo Rollout that runs the pods of the backend's Deployment",
    "KIND_NOT_WATCHED",
    m =>
      m.add(
        "{ apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: { name: shop }, spec: { workloadRef: { apiVersion: apps/v1, kind: Deployment, name: backend } } }",
      ),
  ],
  [
    "a Canary of Flagger's for the frontend's Deployment",
    "KIND_NOT_WATCHED",
    m =>
      m.add(
        "{ apiVersion: flagger.app/v1beta1, kind: Canary, metadata: { name: shop }, spec: { targetRef: { apiVersion: apps/v1, kind: Deployment, name: frontend } } }",
      ),
  ],
  ["an unknown token", "TOKEN_UNKNOWN", m => void (m.get("ConfigMap", "backend-config").data.JWT_ISSUER = "${ISSUER}")],
  ["no startup probe", "PROBE_MISSING", m => void delete m.container("Deployment", "frontend").startupProbe],
  ["no liveness probe", "PROBE_MISSING", m => void delete m.container("Deployment", "frontend").livenessProbe],
  ["no readiness probe", "PROBE_MISSING", m => void delete m.container("Deployment", "frontend").readinessProbe],
  [
    "liveness that asks what readiness asks",
    "PROBES_ALIKE",
    m => void (m.container("Deployment", "backend").livenessProbe.httpGet.path = "/health?check=database"),
  ],
  [
    "a probe on another port",
    "PROBE_TARGET",
    m => void (m.container("Deployment", "backend").startupProbe.httpGet.port = 9000),
  ],
  [
    "a named port with another number",
    "PROBE_TARGET",
    m => void (m.container("Deployment", "backend").ports[0].containerPort = 9000),
  ],
  [
    "a rollout that takes a pod away first",
    "ROLLOUT_UNAVAILABLE",
    m => void (m.get("Deployment", "backend").spec.strategy.rollingUpdate.maxUnavailable = 1),
  ],
  [
    "a rollout by default settings",
    "ROLLOUT_UNAVAILABLE",
    m => void delete m.get("Deployment", "backend").spec.strategy,
  ],
  [
    "a rollout that stops all first",
    "ROLLOUT_UNAVAILABLE",
    m => void (m.get("Deployment", "backend").spec.strategy = { type: "Recreate" }),
  ],
  ["no preStop", "PRESTOP_MISSING", m => void delete m.container("Deployment", "frontend").lifecycle],
  [
    "a grace period as long as the preStop",
    "GRACE_TOO_SHORT",
    m => void (m.pod("Deployment", "frontend").terminationGracePeriodSeconds = 5),
  ],
  [
    "a preStop as long as the default grace period",
    "GRACE_TOO_SHORT",
    m => {
      delete m.pod("Deployment", "frontend").terminationGracePeriodSeconds
      m.container("Deployment", "frontend").lifecycle.preStop.sleep.seconds = 30
    },
  ],
  [
    "replicas where an autoscaler decides",
    "REPLICAS_FIXED",
    m => void (m.get("Deployment", "backend").spec.replicas = 2),
  ],
  [
    "an autoscaler of nothing",
    "SCALE_TARGET_MISSING",
    m => void (m.get("HorizontalPodAutoscaler", "backend").spec.scaleTargetRef.name = "api"),
  ],
  ["no disruption budget", "DISRUPTION_BUDGET_MISSING", m => m.remove("PodDisruptionBudget", "backend")],
  [
    "a disruption budget for other pods",
    "DISRUPTION_BUDGET_MISSING",
    m => void (m.get("PodDisruptionBudget", "backend").spec.selector.matchLabels = { app: "backend" }),
  ],
  [
    "a pod that may be root",
    "POD_NOT_RESTRICTED",
    m => void delete m.pod("Deployment", "backend").securityContext.runAsNonRoot,
  ],
  [
    "a pod that is root",
    "POD_NOT_RESTRICTED",
    m => void (m.pod("Deployment", "backend").securityContext.runAsUser = 0),
  ],
  [
    "a pod without seccomp",
    "POD_NOT_RESTRICTED",
    m => void delete m.pod("Deployment", "backend").securityContext.seccompProfile,
  ],
  [
    "a container that may gain privileges",
    "POD_NOT_RESTRICTED",
    m => void delete m.container("Deployment", "backend").securityContext.allowPrivilegeEscalation,
  ],
  [
    "a privileged container",
    "POD_NOT_RESTRICTED",
    m => void (m.container("Deployment", "backend").securityContext.privileged = true),
  ],
  [
    "a container that keeps capabilities",
    "POD_NOT_RESTRICTED",
    m => void delete m.container("Deployment", "backend").securityContext.capabilities,
  ],
  [
    "a container that adds a capability",
    "POD_NOT_RESTRICTED",
    m => void (m.container("Deployment", "backend").securityContext.capabilities.add = ["SYS_ADMIN"]),
  ],
  [
    "a port of the host",
    "POD_NOT_RESTRICTED",
    m => void (m.container("Deployment", "backend").ports[0].hostPort = 8000),
  ],
  ["the network of the host", "POD_NOT_RESTRICTED", m => void (m.pod("Deployment", "backend").hostNetwork = true)],
  [
    "a folder of the host",
    "POD_NOT_RESTRICTED",
    m => void m.pod("Deployment", "backend").volumes.push({ name: "host", hostPath: { path: "/" } }),
  ],
  [
    "a migration that may be root",
    "POD_NOT_RESTRICTED",
    m => void delete m.pod("Job", "backend-migration").securityContext,
  ],
  ["no resources", "RESOURCES_MISSING", m => void delete m.container("Deployment", "backend").resources],
  [
    "no limit of memory",
    "RESOURCES_MISSING",
    m => void delete m.container("Job", "backend-migration").resources.limits.memory,
  ],
  [
    "a Secret with values",
    "SECRET_IN_MANIFESTS",
    m => m.add("{ apiVersion: v1, kind: Secret, metadata: { name: s }, stringData: { A: b } }"),
  ],
  [
    "a password in a ConfigMap",
    "CREDENTIAL_IN_MANIFESTS",
    m => void (m.get("ConfigMap", "backend-config").data.DATABASE = "postgresql://app:hunter2@db/app"),
  ],
  [
    "a secret as plain text in env",
    "CREDENTIAL_IN_MANIFESTS",
    m => void m.container("Deployment", "frontend").env.push({ name: "BETTER_AUTH_SECRET", value: "hunter2" }),
  ],
  [
    "a key that a ConfigMap lacks",
    "CONFIGMAP_KEY_MISSING",
    m =>
      void m
        .container("Deployment", "frontend")
        .env.push({ name: "A", valueFrom: { configMapKeyRef: { name: "frontend-config", key: "A" } } }),
  ],
  [
    "a Service of other pods",
    "SERVICE_SELECTS_NOTHING",
    m => void (m.get("Service", "frontend").spec.selector = { app: "frontend" }),
  ],
  [
    "a Service to a closed port",
    "SERVICE_PORT_CLOSED",
    m => void (m.get("Service", "frontend").spec.ports[0].targetPort = "https"),
  ],
  [
    "a Service to a port that the containers do not declare, though others",
    "SERVICE_PORT_UNDECLARED",
    m => void m.get("Service", "frontend").spec.ports.push({ name: "metrics", port: 9090 }),
  ],
  [
    "a Service of migrations",
    "SERVICE_SELECTS_JOB",
    m => void (m.get("Job", "frontend-migration").spec.template.metadata.labels["app.kubernetes.io/name"] = "frontend"),
  ],
  ["no Service through which an application is asked", "APP_SERVICE_MISSING", m => m.remove("Service", "frontend")],
  [
    "its Service to another port of the container",
    "APP_SERVICE_MISSING",
    m => {
      m.container("Deployment", "frontend").ports.push({ name: "metrics", containerPort: 9090 })
      m.get("Service", "frontend").spec.ports[0].targetPort = "metrics"
    },
  ],
  [
    "a probe of a port that no container has by that name",
    "PROBE_TARGET",
    m => void (m.container("Deployment", "backend").startupProbe.httpGet.port = "probes"),
  ],
  [
    "BACKEND_URL to no Service",
    "BACKEND_URL_UNRESOLVED",
    m => void (m.get("ConfigMap", "frontend-config").data.BACKEND_URL = "http://api:8000"),
  ],
  [
    "BACKEND_URL to a port of no Service",
    "BACKEND_URL_UNRESOLVED",
    m => void (m.get("ConfigMap", "frontend-config").data.BACKEND_URL = "http://backend:3000"),
  ],
  [
    "BACKEND_URL without a port",
    "BACKEND_URL_UNRESOLVED",
    m => void (m.get("ConfigMap", "frontend-config").data.BACKEND_URL = "http://backend"),
  ],
  [
    "BACKEND_URL of a laptop",
    "BACKEND_URL_UNRESOLVED",
    m => void (m.get("ConfigMap", "frontend-config").data.BACKEND_URL = "http://localhost:8000"),
  ],
  [
    "BACKEND_URL that is none",
    "BACKEND_URL_UNRESOLVED",
    m => void (m.get("ConfigMap", "frontend-config").data.BACKEND_URL = "backend:port"),
  ],
  [
    "BACKEND_URL in env, to no Service",
    "BACKEND_URL_UNRESOLVED",
    m => void m.container("Deployment", "frontend").env.push({ name: "BACKEND_URL", value: "http://api:8000" }),
  ],
]

describe("checkManifests", () => {
  test("finds nothing in this repository's manifests", () => {
    expect(checkManifests(ownManifests(), APPS)).toEqual([])
  })

  test.each(CASES)("refuses %s: %s", (_what, code, edit) => {
    const problems = checkManifests(edited(edit), APPS)
    expect(problems.map(problem => problem.code)).toContain(code)
    for (const { what, fix } of problems) expect([what, fix].join(" ")).not.toMatch(/undefined|\[object/)
  })

  test("shows two causes at once when a Service selects nothing: the Service, and BACKEND_URL that leads to it", () => {
    const manifests = edited(m => void (m.get("Service", "backend").spec.selector = { app: "backend" }))
    expect(checkManifests(manifests, APPS).map(({ code }) => code)).toEqual([
      "SERVICE_SELECTS_NOTHING",
      "BACKEND_URL_UNRESOLVED",
    ])
  })

  test.each([
    "http://backend.${NAMESPACE}:8000",
    "http://backend.shop.svc:8000",
    "http://backend.shop.svc.cluster.local:8000/",
  ])("takes BACKEND_URL %s", url =>
    expect(
      checkManifests(
        edited(m => void (m.get("ConfigMap", "frontend-config").data.BACKEND_URL = url)),
        APPS,
      ),
    ).toEqual([]),
  )

  test("says where: file, line and column of the field", () => {
    const [problem] = checkManifests(
      edited(m => void (m.get("ConfigMap", "frontend-config").data.BACKEND_URL = "http://api:8000")),
      APPS,
    )
    expect(problem).toEqual({
      code: "BACKEND_URL_UNRESOLVED",
      what: "ConfigMap frontend-config: BACKEND_URL http://api:8000 leads nowhere: the manifests have no Service api",
      fix: "let it be http://SERVICE:PORT of a Service that selects the backend's pods",
      where: {
        file: "config.yaml",
        line: ownFile("k8s/config.yaml").split("\n").indexOf("  BACKEND_URL: http://backend:8000") + 1,
        column: 3,
      },
    })
  })
})

describe("before a deployment", () => {
  /** What is thrown, and what is printed. */
  const verdict = (edit: (manifests: Editable) => void) => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {})
    onTestFinished(() => log.mockRestore())
    let error: unknown
    try {
      assertDeployable(edited(edit), APPS)
    } catch (caught) {
      error = caught
    }
    return { why: (error as { why?: string } | undefined)?.why, printed: log.mock.calls.flat() }
  }
  const addPassword: (manifests: Editable) => void = m =>
    m.add("apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { A: b }\n")

  test("manifests that are fit pass in silence", () => {
    expect(verdict(() => {})).toEqual({ why: undefined, printed: [] })
  })

  test("what does not keep a release from running is printed as a warning, with its place", () => {
    expect(verdict(addPassword)).toEqual({
      why: undefined,
      printed: [expect.stringMatching(/^manifests: warning: added\.yaml:4:1: Secret s holds values: /)],
    })
  })

  test.each<[code: string, why: string, edit: (manifests: Editable) => void]>([
    [
      "an image by tag",
      "image nginx:1 of container backend",
      m => void (m.container("Deployment", "backend").image = "nginx:1"),
    ],
    ["a token", "data.A holds ${ISSUER}", m => void (m.get("ConfigMap", "backend-config").data.A = "${ISSUER}")],
    [
      "a hook after the rollout",
      "Job backend-migration: helm.sh/hook: post-install",
      m => void (m.get("Job", "backend-migration").metadata.annotations = { "helm.sh/hook": "post-install" }),
    ],
    [
      "a Job in a wave after the rollout",
      "Job backend-migration: argocd.argoproj.io/sync-wave: 5: it is to run after Deployment",
      m => void (m.get("Job", "backend-migration").metadata.annotations = { "argocd.argoproj.io/sync-wave": "5" }),
    ],
    [
      "an object that is too large",
      "ConfigMap backend-config: data has",
      m => void (m.get("ConfigMap", "backend-config").data.A = "x".repeat(2 ** 20)),
    ],
    [
      "a secret where all may read it",
      "ConfigMap backend-config: data.A would show the value of PASSWORD",
      m => void (m.get("ConfigMap", "backend-config").data.A = markOf("PASSWORD")),
    ],
    ["no readiness", "readinessProbe", m => void delete m.container("Deployment", "backend").readinessProbe],
    [
      "a rollout that takes a pod away first",
      "a rollout may take pods away before",
      m => void delete m.get("Deployment", "backend").spec.strategy,
    ],
    ["no Service of an application", "the manifests have no Service frontend", m => m.remove("Service", "frontend")],
  ])("what keeps a release from running, or loses requests, is refused: %s", (_, why, edit) => {
    const refused = verdict(m => {
      edit(m)
      addPassword(m)
    })
    expect(refused.why).toContain(why)
    expect(refused.printed).toEqual([])
  })
})

describe("what other repositories write: a folder per case, in cases/check, over this repository's manifests", () => {
  test.each(readdirSync(caseFolder("check")))("%s", name => {
    const { apps, problems } = parse(readFileSync(caseFolder("check", name, "expected.yaml"), "utf8")) as {
      apps?: Partial<typeof APPS>
      problems: object[]
    }
    const own = yamlFiles(caseFolder("check", name)).filter(file => file.name === "manifests.yaml")
    const found = checkManifests(over(ownManifests(), parseManifests(own)), { ...APPS, ...apps })
    expect(found.map(({ code, what, fix }) => ({ code, what, fix }))).toEqual(problems)
  })
})

/** Objects take the place of those of the same kind and name. */
function over(below: Manifest[], above: Manifest[]): Manifest[] {
  const names = above.map(({ object }) => describeObject(object))
  return [...below.filter(({ object }) => !names.includes(describeObject(object))), ...above]
}

function edited(edit: (manifests: Editable) => void): Manifest[] {
  let manifests = ownManifests()
  const is = (kind: string, name: string) => (manifest: Manifest) =>
    manifest.object.kind === kind && manifest.object.metadata.name === name
  const get = (kind: string, name: string) => manifests.find(is(kind, name))!.object as Json
  const pod = (kind: string, name: string) => get(kind, name).spec.template.spec
  edit({
    get,
    pod,
    container: (kind, name) => pod(kind, name).containers[0],
    add: text => void manifests.push(...parseManifests([{ name: "added.yaml", text }])),
    remove: (kind, name) => void (manifests = manifests.filter(manifest => !is(kind, name)(manifest))),
  })
  return manifests
}
