import { describe, expect, test } from "vitest"

import { placeOwnImages } from "../../../.dagger/src/manifests/own-images.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { containersOf } from "../../../.dagger/src/manifests/pods.ts"

const APPS = {
  backend: { path: "src/apps/api", service: "shop-api" },
  frontend: { path: "frontend", service: "frontend" },
}
const DIGEST = `@sha256:${"a".repeat(64)}`

function pods(containers: { image: string; imagePullPolicy?: string }[]) {
  const text = JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "all" },
    spec: { template: { spec: { containers: containers.map((one, index) => ({ name: `c${index}`, ...one })) } } },
  })
  return parseManifests([{ name: "all.yaml", text }])
}

function placed(image: string, apps: Parameters<typeof placeOwnImages>[1] = APPS) {
  const manifests = pods([{ image }])
  const { problems } = placeOwnImages(manifests, apps)
  const { spec } = manifests[0]!.object as unknown as {
    spec: { template: { spec: { containers: { image: string }[] } } }
  }
  return problems[0]?.what ?? spec.template.spec.containers[0]!.image
}

describe("an image by name is an application's", () => {
  test.each([
    ["backend", "backend"],
    ["shop-api:latest", "backend"],
    ["ghcr.io/acme/shop-api:1.2", "backend"],
    ["localhost:5000/todo_backend", "backend"],
    ["localhost:5000/todo.backend:v1", "backend"],
    ["todo-frontend:v1", "frontend"],
    // No valid references, since somebody fills them in.
    ["YOUR_DOCKERHUB_USER/shop-api:latest", "backend"],
    ["<registry>/shop-api:1", "backend"],
    ["shop-api:", "backend"],
    ["/shop-api:1", "backend"],
    ["shop-api@", "backend"],
    // Others, and what is somebody's by digest, stay as they are: the check of images judges them.
    ["todo-mcp:latest", "todo-mcp:latest"],
    ["therapi:1", "therapi:1"],
    [":latest", ":latest"],
    [`acme/shop-api${DIGEST}`, `acme/shop-api${DIGEST}`],
    [`<registry>/shop-api:1${DIGEST}`, `<registry>/shop-api:1${DIGEST}`],
  ])("%s: %s", (image, expected) => expect(placed(image)).toBe(expected))

  test("or by what the configuration says, which comes first", () => {
    const apps = { ...APPS, frontend: { ...APPS.frontend, image: "acme/shop-api" } }
    expect(placed("ghcr.io/acme/shop-api:1", apps)).toBe("frontend")
    expect(placed("ghcr.io/acme/frontend:1", apps)).toBe("ghcr.io/acme/frontend:1")
    expect(placed("acme/shop-api:1", apps)).toBe("frontend")
    expect(placed("ghcr.io/myacme/shop-api:1", apps)).toBe("backend")
  })

  test("or may be that of two, and is refused as it is", () => {
    const apps = { ...APPS, frontend: { path: "web/api", service: "web" } }
    const manifests = pods([{ image: "api:1" }])
    const { problems, notes } = placeOwnImages(manifests, apps)
    expect(problems).toEqual([
      {
        code: "IMAGE_AMBIGUOUS",
        what: "image api:1 of container c0 may be backend or frontend",
        fix: "say whose it is in cloud-native.yaml: backend.image: api, or frontend.image: api",
        where: { file: "all.yaml", ...manifests[0]!.locate(["spec", "template", "spec", "containers", 0, "image"]) },
      },
    ])
    expect(notes).toEqual([])
    expect(manifests[0]!.object).toEqual(pods([{ image: "api:1" }])[0]!.object)
  })

  const ofFrontend = (...images: string[]) =>
    `say which is built here in cloud-native.yaml: ${images.map(image => `frontend.image: ${image}`).join(", or ")}; pin somebody else's by digest`
  test.each<[string, string[], string[], string?]>([
    [
      "of two that end in the folder's name",
      ["acme/shop-ui:1", "provectuslabs/kafka-ui:v0.7"],
      [
        "image acme/shop-ui:1 of container c0 may be frontend, and so may kafka-ui",
        "image provectuslabs/kafka-ui:v0.7 of container c1 may be frontend, and so may shop-ui",
      ],
      ofFrontend("shop-ui", "kafka-ui"),
    ],
    [
      "of one beside the placeholder",
      ["frontend", "provectuslabs/kafka-ui:v0.7"],
      ["image provectuslabs/kafka-ui:v0.7 of container c1 may be frontend, and so may frontend"],
      ofFrontend("frontend", "kafka-ui"),
    ],
    [
      "of three",
      ["frontend", "acme/shop-ui:1", "provectuslabs/kafka-ui:v0.7"],
      [
        "image acme/shop-ui:1 of container c1 may be frontend, and so may frontend and kafka-ui",
        "image provectuslabs/kafka-ui:v0.7 of container c2 may be frontend, and so may frontend and shop-ui",
      ],
      ofFrontend("frontend", "shop-ui", "kafka-ui"),
    ],
    ["not of one name in two registries", ["localhost:5000/shop-ui", "acme/shop-ui:2"], []],
    ["not of one beside somebody's by digest", ["acme/shop-ui:1", `provectuslabs/kafka-ui${DIGEST}`], []],
    ["not of those of two applications", ["acme/shop-ui:1", "acme/shop-api:1"], []],
  ])("but two names may not be one application's: %s", (_, images, what, fix) => {
    const apps = { ...APPS, frontend: { path: "apps/ui", service: "site" } }
    const { problems } = placeOwnImages(pods(images.map(image => ({ image }))), apps)
    expect(problems.map(problem => problem.what)).toEqual(what)
    expect(problems.map(({ code }) => code)).toEqual(what.map(() => "IMAGE_AMBIGUOUS"))
    expect([...new Set(problems.map(problem => problem.fix))]).toEqual(fix === undefined ? [] : [fix])
  })

  test("unless the configuration says which", () => {
    const apps = { ...APPS, frontend: { path: "apps/ui", service: "site", image: "shop-ui" } }
    const manifests = pods(["acme/shop-ui:1", "provectuslabs/kafka-ui:v0.7", "frontend"].map(image => ({ image })))
    expect(placeOwnImages(manifests, apps).problems).toEqual([])
    const images = containersOf(manifests[0]!.object).map(({ container }) => container.image)
    expect(images).toEqual(["frontend", "provectuslabs/kafka-ui:v0.7", "frontend"])
  })

  test("and what is replaced is said, once for all of its containers", () => {
    const { problems, notes } = placeOwnImages(
      pods([{ image: "acme/api:1" }, { image: "acme/api:1" }, { image: "frontend" }, { image: "redis:7" }]),
      APPS,
    )
    expect(problems).toEqual([])
    expect(notes).toEqual(["acme/api:1 is the image of the backend that is built here"])
  })
})

test("a pull policy with which no image by digest could run is replaced, and said", () => {
  const manifests = pods([
    { image: "api", imagePullPolicy: "Never" },
    { image: "x", imagePullPolicy: "Always" },
  ])
  const { notes } = placeOwnImages(manifests, APPS)
  const [first, second] = containersOf(manifests[0]!.object).map(({ container }) => container.imagePullPolicy)
  expect([first, second]).toEqual(["IfNotPresent", "Always"])
  expect(notes).toEqual([
    "api is the image of the backend that is built here",
    "Deployment all: imagePullPolicy of container c0 is IfNotPresent instead of Never: an image by digest comes from a registry",
  ])
})

describe("an application's image in a kind that is not watched is refused", () => {
  const of = (apiVersion: string, kind: string, spec: object) =>
    parseManifests([
      { name: "a.yaml", text: JSON.stringify({ apiVersion, kind, metadata: { name: "shop" }, spec }, undefined, 1) },
    ])
  const pods = (image: string) => ({ template: { spec: { containers: [{ name: "api", image }] } } })
  test.each<[string, string, object, boolean]>([
    ["argoproj.io/v1alpha1", "Rollout", pods("ghcr.io/acme/shop-api:1.2"), true],
    ["apps.kruise.io/v1alpha1", "CloneSet", pods("shop-api"), true],
    ["apps.kruise.io/v1beta1", "StatefulSet", pods("shop-api"), true],
    ["batch.volcano.sh/v1alpha1", "Job", { tasks: [pods("shop-api:1")] }, true],
    ["serving.knative.dev/v1", "Service", pods("shop-api:1"), true],
    ["keda.sh/v1alpha1", "ScaledJob", { jobTargetRef: pods("shop-api:1") }, true],
    ["argoproj.io/v1alpha1", "Workflow", { templates: [{ script: { image: "shop-api:1" } }] }, true],
    ["argoproj.io/v1alpha1", "Workflow", { templates: [{ container: { image: "shop-api:1" } }] }, true],
    ["tekton.dev/v1", "Task", { steps: [{ image: "shop-api:1" }] }, true],
    ["argoproj.io/v1alpha1", "Rollout", { template: { spec: { initContainers: [{ image: "shop-api" }] } } }, true],
    ["argoproj.io/v1alpha1", "Rollout", pods("backend"), false],
    ["argoproj.io/v1alpha1", "Rollout", pods("redis:7"), false],
    ["argoproj.io/v1alpha1", "Rollout", pods(`ghcr.io/acme/shop-api${DIGEST}`), false],
    ["image.toolkit.fluxcd.io/v1beta2", "ImageRepository", { image: "ghcr.io/acme/shop-api" }, false],
  ])("%s %s", (apiVersion, kind, spec, isRefused) => {
    const { problems } = placeOwnImages(of(apiVersion, kind, spec), APPS)
    expect(problems.map(({ code }) => code)).toEqual(isRefused ? ["KIND_NOT_WATCHED"] : [])
  })
})
