import { expect, test } from "vitest"

import { namesInCluster } from "../../../.dagger/src/config/services.js"

test("a service is reached by every name that a pod of its namespace may use", () => {
  expect(namesInCluster("postgres", "shop")).toEqual([
    "postgres",
    "postgres.shop",
    "postgres.shop.svc",
    "postgres.shop.svc.cluster.local",
  ])
})
