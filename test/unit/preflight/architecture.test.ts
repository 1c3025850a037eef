import type { Service } from "@dagger.io/dagger"
import { describe, expect, test } from "vitest"

import type { KubernetesObject } from "../../../.dagger/src/manifests/render.ts"
import { misplaced, readNodes } from "../../../.dagger/src/preflight/architecture.ts"
import { isOwn } from "../../../.dagger/src/preflight/image-platforms.ts"

const IMAGE = "ghcr.io/acme/api@sha256:0"
const deployment = (spec: object = {}, image = IMAGE) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "api" },
  spec: { template: { spec: { containers: [{ name: "api", image }], ...spec } } },
})

/** As the template prints them. */
const ARM = "\narm-1 arm64 kubernetes.io/arch=arm64,pool=web, \n"
const TAINTED = "\narm-1 arm64 kubernetes.io/arch=arm64, kubernetes.io/arch=arm64:NoSchedule,\n"

describe("nodes of another architecture", () => {
  test("are read with their taints and labels", () => {
    expect(readNodes(`++${TAINTED}+`)).toEqual([
      {
        name: "arm-1",
        architecture: "arm64",
        labels: ["kubernetes.io/arch=arm64"],
        taints: ["kubernetes.io/arch=arm64:NoSchedule"],
      },
    ])
    expect(readNodes("+++")).toEqual([])
    expect(readNodes("")).toEqual([])
  })

  const released = (image: string, architectures: string[]) =>
    misplaced([deployment({}, image)], new Map([[image, architectures]]), readNodes(ARM))
  test("are compared with what each image is built for, wherever that was", () => {
    expect(released(IMAGE, ["arm64"])).toEqual([])
    expect(released(IMAGE, ["amd64", "arm64"])).toEqual([])
    expect(released(IMAGE, ["amd64", "s390x"])).toEqual([
      "the pods of Deployment api may come to arm-1 (arm64); built for: amd64, s390x",
    ])
  })

  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } }
  test.each<[string, string, object, boolean]>([
    ["there are none", "+++", deployment(), false],
    ["all are", ARM, deployment(), true],
    ["some are, and the pods may come there", `+${ARM}`, deployment(), true],
    [
      "some are, and the pods are for the others",
      `+${ARM}`,
      deployment({ nodeSelector: { "kubernetes.io/arch": "amd64" } }),
      false,
    ],
    ["the pods are for nodes with a label that they have", ARM, deployment({ nodeSelector: { pool: "web" } }), true],
    ["the pods are for nodes of a certain kind", ARM, deployment({ affinity }), false],
    ["they are tainted", TAINTED, deployment(), false],
    [
      "they are tainted, and the pods tolerate that",
      TAINTED,
      deployment({ tolerations: [{ key: "kubernetes.io/arch", value: "arm64", effect: "NoSchedule" }] }),
      true,
    ],
    [
      "they are tainted, and the pods tolerate anything",
      TAINTED,
      deployment({ tolerations: [{ operator: "Exists" }] }),
      true,
    ],
    [
      "they are tainted, and the pods tolerate something else",
      TAINTED,
      deployment({ tolerations: [{ key: "gpu", operator: "Exists" }] }),
      false,
    ],
    ["the image is not one that was built here", ARM, deployment({}, "quay.io/proxy@sha256:1"), false],
  ])("%s", (_, printed, object, isProblem) => {
    const expected = isProblem ? ["the pods of Deployment api may come to arm-1 (arm64); built for: amd64"] : []
    expect(misplaced([object as KubernetesObject], new Map([[IMAGE, ["amd64"]]]), readNodes(printed))).toEqual(expected)
  })
})

describe("an image is built here", () => {
  const service = {} as Service
  test.each([
    ["yet to be built", "<new>", {}, true],
    ["yet to be pushed", "ghcr.io/acme/shop-backend", {}, true],
    ["in a registry", "ghcr.io/acme/shop-backend@sha256:0", {}, false],
    ["in a registry of this machine", "localhost:5000/shop-backend@sha256:0", { service }, false],
    ["in a registry that only the engine reaches", "localhost:5000/shop-backend@sha256:0", {}, true],
  ])("%s", (_, image, access, expected) => {
    expect(isOwn(image.replace(/0$/, "0".repeat(64)), access)).toBe(expected)
  })
})
