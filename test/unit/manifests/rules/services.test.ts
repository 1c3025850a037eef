import { describe, expect, test } from "vitest"

import { parseManifests } from "../../../../.dagger/src/manifests/parse.ts"
import {
  appServiceMissing,
  servicePortUndeclared,
  serviceSelectsJob,
  serviceWithoutPods,
} from "../../../../.dagger/src/manifests/rules/services.ts"
import { problemsOf, workload } from "./problems.ts"

const service = (name: string, ...fields: string[]) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec:\n  ${fields.join("\n  ")}`
const selector = (labels: string) => `selector: { ${labels} }`
const ports = (...list: string[]) => ["ports:", ...list.map(port => `  - ${port}`)].join("\n  ")
const HTTP = ports("port: 80")

/** Pods with these labels. */
const pods = (
  name: string,
  labels: string,
  kind = "StatefulSet",
) => `apiVersion: ${kind === "Job" ? "batch" : "apps"}/v1
kind: ${kind}
metadata: { name: ${name} }
spec:
  template:
    metadata: { labels: { ${labels} } }
    spec: { containers: [{ name: main, image: a, ports: [{ name: http, containerPort: 80 }, { name: admin, containerPort: 9000 }] }] }`

const UNLABELLED = pods("r", "").replace("metadata: { labels: {  } }", "# none")

describe("serviceWithoutPods: a Service has pods behind it", () => {
  test.each<[why: string, ...manifests: string[]]>([
    [
      "its selector is the pods' labels",
      service("a", selector("app: reports"), HTTP),
      pods("r", "app: reports, tier: api"),
    ],
    ["it has no selector: its endpoints come from elsewhere", service("a", HTTP), pods("r", "app: reports")],
    [
      "it is a name outside the cluster",
      service("a", "type: ExternalName", selector("app: report"), HTTP),
      pods("r", "app: reports"),
    ],
    [
      "it is of another API",
      service("a", selector("app: report"), HTTP).replace("v1", "serving.knative.dev/v1"),
      pods("r", "app: reports"),
    ],
    ["no pods are near: others deploy them", service("a", selector("app: redis"), HTTP), pods("r", "app: reports")],
    ["no pods have labels", service("a", selector("app: reports"), HTTP), UNLABELLED],
    ["no pods have such labels", service("a", selector("app: reports"), HTTP), pods("r", "name: reports")],
    [
      "only some of its labels are near",
      service("a", selector("app: report, role: primary"), HTTP),
      pods("r", "app: reports"),
    ],
    [
      "only a Job is near, which serves nothing",
      service("a", selector("app: report"), HTTP),
      pods("r", "app: reports", "Job"),
    ],
    ["it has no ports that could lead anywhere", service("a", selector("app: report")), pods("r", "app: reports")],
  ])("passes: %s", (_, ...manifests) => {
    expect(problemsOf(serviceWithoutPods, ...manifests)).toEqual([])
  })

  const nothing = (name: string, labels: string, nearest = "") => ({
    code: "SERVICE_SELECTS_NOTHING",
    at: `selector: { ${labels.replace(/,.*/, "")}`,
    what: `Service ${name} selects no pods of the manifests: its selector is ${labels}${nearest}`,
    fix: "let spec.selector hold labels of the pod template that is meant",
  })

  /** A slip, in the value of one label. */
  const SLIPS = [
    ["a capital", "Reports", "reports"],
    ["a separator", "re-po_rt.s", "reports"],
    ["a separator, of a short name", "u-i", "ui"],
    ["a letter too few", "report", "reports"],
    ["a letter too many", "repoorts", "reports"],
    ["another letter", "card", "cart"],
    ["another letter at first", "ceports", "reports"],
    ["two letters in the wrong order", "repotrs", "reports"],
    ["two other letters in a row", "rexxrts", "reports"],
    ["two letters too many", "xxreports", "reports"],
    ["two letters too few", "reports", "reportsxx"],
  ]
  const OTHERS = [
    ["three other letters in a row", "rexxxts", "reports"],
    ["two other letters, apart", "rxpoxts", "reports"],
    ["three letters too many", "reportsxxx", "reports"],
    ["one of three letters", "wob", "web"],
    ["all letters", "cache", "proxy"],
    ["its own name twice", "webweb", "web"],
    ["the end alone", "exports", "ports-of-call"],
  ]
  test.each(SLIPS)("fails: %s: %s for %s", (_, wanted, there) => {
    expect(
      problemsOf(serviceWithoutPods, service("a", selector(`app: ${wanted}`), HTTP), pods("r", `app: ${there}`)),
    ).toEqual([nothing("a", `app: ${wanted}`, `; the pods of StatefulSet r have app: ${there}`)])
  })
  test.each(OTHERS)("passes: %s: %s is another name than %s", (_, wanted, there) => {
    const manifests = [service("a", selector(`app: ${wanted}`), HTTP), pods("r", `app: ${there}`)]
    expect(problemsOf(serviceWithoutPods, ...manifests)).toEqual([])
  })

  test("fails once for a Service of two ports", () => {
    const manifests = [service("a", selector("app: report"), ports("port: 80", "port: 81")), pods("r", "app: reports")]
    expect(problemsOf(serviceWithoutPods, ...manifests)).toHaveLength(1)
  })

  const API = "app: api, tier: web"
  test.each<[which: string, nearest: string, ...manifests: string[]]>([
    ["none, where no pods have its keys", "", pods("r", "name: api")],
    ["a Job is none", "", pods("r", "app: api", "Job")],
    ["by its keys alone", "; the pods of StatefulSet r have app: shop", pods("r", "app: shop, part: of")],
    [
      "two equal labels before one",
      "; the pods of StatefulSet b have app: api, tier: webs",
      pods("a", "app: api, tier: x"),
      pods("b", "app: api, tier: webs"),
    ],
    [
      "an equal label before one that is alike",
      "; the pods of StatefulSet b have app: api",
      pods("a", "tier: webs, app: yyy"),
      pods("b", "app: api"),
    ],
    [
      "an equal label before one that is alike, however far the others are",
      "; the pods of StatefulSet b have app: api, tier: checkout",
      pods("a", "app: apis"),
      pods("b", "app: api, tier: checkout"),
    ],
    [
      "an equal label before two that are far",
      "; the pods of StatefulSet b have tier: web",
      pods("a", "app: x, tier: y"),
      pods("b", "tier: web"),
    ],
    [
      "of those that are as far, the fewest letters away",
      "; the pods of StatefulSet b have app: apex",
      pods("a", "app: checkout"),
      pods("b", "app: apex"),
    ],
    [
      "letters away in all labels together",
      "; the pods of StatefulSet b have app: abc, tier: wxy",
      pods("a", "app: apx, tier: checkout"),
      pods("b", "app: abc, tier: wxy"),
    ],
    [
      "the first of two that are equally near",
      "; the pods of StatefulSet a have app: api",
      pods("a", "app: api"),
      pods("b", "app: api"),
    ],
  ])("shows the nearest pods for an application's own Service: %s", (_, nearest, ...manifests) => {
    expect(problemsOf(serviceWithoutPods, service("backend", selector(API), HTTP), ...manifests)).toEqual([
      nothing("backend", API, nearest),
    ])
  })

  const listening = pods("r", "app: reports")
  test.each([
    ["by the same number", "port: 80"],
    ["by number", "{ port: 8080, targetPort: 80 }"],
    ["by name", "{ port: 8080, targetPort: admin }"],
  ])("passes: a port leads to a container's, %s", (_, port) => {
    expect(problemsOf(serviceWithoutPods, service("a", selector("app: reports"), ports(port)), listening)).toEqual([])
  })
  test.each([
    ["pods that declare others", listening],
    ["pods that declare none", listening.replace(/, ports: \[.*?\]/, "")],
  ])("fails: a port's name that no container has: %s", (_, ...others) => {
    const manifests = [service("a", selector("app: reports"), ports("{ port: 80, targetPort: https }")), ...others]
    expect(problemsOf(serviceWithoutPods, ...manifests)).toEqual([
      {
        code: "SERVICE_PORT_CLOSED",
        at: "targetPort: https",
        what: "Service a: port 80 leads to https, which no container it selects has",
        fix: "let targetPort be the number of the port, or the name of a containerPort",
      },
    ])
    expect(problemsOf(servicePortUndeclared, ...manifests)).toEqual([])
  })

  const numbers = (port: string) => service("a", selector("app: reports"), ports("port: 80", port))
  test.each([
    ["8080", "port: 8080", "port: 8080"],
    ["81", "{ port: 80, targetPort: 81 }", "targetPort: 81"],
  ])("is a warning: the containers declare ports, and not %s", (target, port, at) => {
    const manifests = [numbers(port), listening]
    const [, number] = /port: (\d+)/.exec(port)!
    expect(problemsOf(serviceWithoutPods, ...manifests)).toEqual([])
    expect(problemsOf(servicePortUndeclared, ...manifests)).toEqual([
      {
        code: "SERVICE_PORT_UNDECLARED",
        at,
        what: `Service a: port ${number} leads to ${target}, and the containers it selects declare other ports only`,
        fix: "correct targetPort, or declare the port that the container listens on (containerPort)",
      },
    ])
  })
  test.each([
    ["no container declares any", listening.replace(/, ports: \[.*?\]/, "")],
    ["its pods are deployed from elsewhere", pods("r", "app: others")],
  ])("is none: a number, where %s", (_, others) => {
    expect(problemsOf(servicePortUndeclared, numbers("port: 8080"), others)).toEqual([])
  })
  test("is none: a Service without ports", () => {
    expect(problemsOf(servicePortUndeclared, service("a", selector("app: reports")), listening)).toEqual([])
  })
})

describe("serviceSelectsJob: the pods of a Job answer no requests", () => {
  test.each<[why: string, ...manifests: string[]]>([
    [
      "a Job with labels of its own",
      service("a", selector("app: reports"), HTTP),
      pods("migrate", "app: migrate", "Job"),
    ],
    ["what serves", service("a", selector("app: reports"), HTTP), pods("r", "app: reports")],
    ["a Service without a selector", service("a", HTTP), pods("migrate", "app: migrate", "Job")],
  ])("passes: %s", (_, ...manifests) => {
    expect(problemsOf(serviceSelectsJob, ...manifests)).toEqual([])
  })
  test("fails: it has the labels that a Service selects", () => {
    const manifests = [service("a", selector("app: reports"), HTTP), pods("migrate", "app: reports", "Job")]
    expect(problemsOf(serviceSelectsJob, ...manifests)).toEqual([
      {
        code: "SERVICE_SELECTS_JOB",
        at: "selector: { app: reports",
        what: "Service a selects the pods of Job migrate, which answer no requests",
        fix: "give the pods of Job migrate labels of their own",
      },
    ])
  })
})

describe("appServiceMissing: each application has a Service that leads to its port", () => {
  const backend = workload({ container: "ports: [{ name: http, containerPort: 8000 }]" })
  const web = service("frontend", selector("app: frontend"), ports("port: 3000"))
  const api = service("backend", selector("app: backend"), ports("{ port: 80, targetPort: http }"))

  test.each<[why: string, ...manifests: string[]]>([
    ["one each", api, web, backend],
    ["by number: what it selects need not be here", api.replace("http", "8000"), web],
    ["one that selects nothing is another problem", api, web],
  ])("passes: %s", (_, ...manifests) => {
    expect(problemsOf(appServiceMissing, ...manifests)).toEqual([])
  })

  test("passes: an application that answers no requests needs none", () => {
    const manifests = parseManifests([{ name: "app.yaml", text: workload() }])
    expect([...appServiceMissing({ manifests, apps: { worker: { service: "worker", health: "/" } } })]).toEqual([])
  })

  test.each<[why: string, ...manifests: string[]]>([
    ["there is none", web, backend],
    ["one of that name is of another API", api.replace("v1", "serving.knative.dev/v1"), web, backend],
    ["another name begins the same", api.replace("name: backend", "name: backend-2"), web, backend],
  ])("fails: %s", (_, ...manifests) => {
    expect(problemsOf(appServiceMissing, ...manifests)).toEqual([
      {
        code: "APP_SERVICE_MISSING",
        at: undefined,
        what: "the manifests have no Service backend for the backend",
        fix: "add one, or set backend.service in cloud-native.yaml to the name of the Service that it has",
      },
    ])
  })

  test.each<[why: string, at: string, ...manifests: string[]]>([
    ["another port of the container", "ports:", backend, web, api.replace("http", "admin")],
    ["another number", "ports:", backend, web, api.replace("http", "8001")],
    ["another number, without a selector", "ports:", service("backend", ports("port: 8001")), web, backend],
    ["no port", "spec:", service("backend", selector("app: backend")), web, backend],
  ])("fails: its Service leads to %s", (_, at, ...manifests) => {
    expect(problemsOf(appServiceMissing, ...manifests)).toEqual([
      {
        code: "APP_SERVICE_MISSING",
        at,
        what: "Service backend: no port leads to port 8000 of the backend's container",
        fix: "let the targetPort of one be 8000 or the name of that containerPort, or set backend.port in cloud-native.yaml to the port that the container listens on",
      },
    ])
  })
})
