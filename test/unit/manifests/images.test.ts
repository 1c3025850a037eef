import { describe, expect, test } from "vitest"

import { appOf, imageProblems } from "../../../.dagger/src/manifests/images.ts"
import { parseManifests } from "../../../.dagger/src/manifests/parse.ts"
import { problemsOf, workload } from "./rules/problems.ts"

const found = (...manifests: string[]) =>
  problemsOf(({ manifests }) => imageProblems(manifests, ["backend", "frontend"]), ...manifests)
const FRONTEND = workload({ name: "frontend", image: "frontend" })

describe("imageProblems: each application's image is placed in something that is watched, every other one is pinned", () => {
  test("passes: both placeholders, an init container's too, and an image by digest", () => {
    const pod = `initContainers: [{ name: proxy, image: proxy@sha256:${"a".repeat(64)} }, { name: b, image: backend }]`
    expect(found(workload({ pod }), FRONTEND)).toEqual([])
  })

  test.each(["nginx:1.29", "NGINX"])("fails: %s is no digest", image => {
    expect(found(workload(), FRONTEND, workload({ name: "proxy", image }))).toEqual([
      {
        code: "IMAGE_NOT_PINNED",
        at: `image: ${image}`,
        what: `image ${image} of container main is neither a placeholder nor a digest`,
        fix: `write image: backend or image: frontend for an image built here, or its name in cloud-native.yaml: backend.image or frontend.image; for another one built here, add it to applications; else pin it: ${image}@sha256:…`,
      },
    ])
  })

  test("fails: nothing runs the frontend", () => {
    expect(found(workload())).toEqual([
      {
        code: "IMAGE_NOT_USED",
        at: undefined,
        what: "no container has the placeholder image: frontend",
        fix: "write image: frontend where the image of the frontend built here is to run",
      },
    ])
  })

  const custom = (spec: string) => `apiVersion: example.com/v1\nkind: App\nmetadata: { name: shop }\nspec: ${spec}`
  test.each([
    ["in an object", "{ image: backend }"],
    ["in a list", "{ containers: [{ image: backend }] }"],
    ["inside another image", "{ image: { image: backend } }"],
  ])("fails: a placeholder of a kind that nothing watches, %s", (_, spec) => {
    expect(found(workload(), FRONTEND, custom(spec))).toEqual([
      {
        code: "KIND_NOT_WATCHED",
        at: "image: backend",
        what: "App shop: image: backend is in an object of kind App (example.com/v1), in which no image is filled in and no rollout is watched",
        fix: "run the application as a Deployment, StatefulSet or DaemonSet of apps/v1, and what it runs once or at times as a Job or CronJob of batch/v1",
      },
    ])
  })
  test("passes: other texts of such a kind", () => {
    expect(found(workload(), FRONTEND, custom("{ image: backend-2, name: backend, replicas: 2 }"))).toEqual([])
  })
})

describe("an object that runs the pods of an application's Deployment in its stead is refused: no rollout of it is watched", () => {
  const rollout = (reference: string) =>
    `apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: { name: shop }\nspec:\n  workloadRef: ${reference}`
  const canary = (reference: string) =>
    `apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: { name: shop }\nspec:\n  targetRef: ${reference}`
  const others = [workload(), FRONTEND, workload({ name: "proxy", image: `proxy@sha256:${"a".repeat(64)}` })]

  test.each([
    [rollout("{ kind: Deployment, name: backend }"), "Rollout shop (argoproj.io/v1alpha1)", "backend", "workloadRef:"],
    [canary("{ kind: Deployment, name: frontend }"), "Canary shop (flagger.app/v1beta1)", "frontend", "targetRef:"],
  ])("%s", (text, object, name, at) => {
    expect(found(...others, text)).toEqual([
      {
        code: "KIND_NOT_WATCHED",
        at: `${at} { kind: Deployment`,
        what: `${object} runs the pods of the Deployment ${name}, and no rollout of its is watched`,
        fix: `let the Deployment run its pods itself: take the ${object.split(" ")[0]} out of the manifests`,
      },
    ])
  })

  test.each([
    ["of a Deployment that runs none of the applications", rollout("{ kind: Deployment, name: proxy }")],
    ["of a Deployment that is not among the manifests", rollout("{ kind: Deployment, name: other }")],
    ["of another kind by that name", canary("{ kind: Service, name: backend }")],
    ["without a name", rollout("{ kind: Deployment }")],
    ["of the other one's field", rollout("{}\n  targetRef: { kind: Deployment, name: backend }")],
    ["of nothing", rollout("none")],
    [
      "by a kind of another group",
      rollout("{ kind: Deployment, name: backend }").replace("argoproj.io", "example.com"),
    ],
  ])("but not one %s", (_, text) => {
    expect(found(...others, text)).toEqual([])
  })

  test("and neither one of a StatefulSet that is called like it", () => {
    const [, ...rest] = others
    const state = workload({ kind: "StatefulSet" })
    expect(found(state, ...rest, rollout("{ kind: Deployment, name: backend }"))).toEqual([])
  })
})

test.each([
  ["its pods run the image", workload({ image: "frontend" }), "frontend"],
  [
    "an init container only prepares",
    workload({ image: "x", pod: "initContainers: [{ name: a, image: backend }]" }),
    undefined,
  ],
  ["it makes no pods", "{ apiVersion: v1, kind: ConfigMap, metadata: { name: backend } }", undefined],
])("the application of an object: %s", (_, text, app) => {
  const [manifest] = parseManifests([{ name: "app.yaml", text }])
  expect(appOf(manifest!.object, ["backend", "frontend"])).toBe(app)
})
