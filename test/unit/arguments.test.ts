import type { Secret } from "@dagger.io/dagger"
import { expect, test } from "vitest"

import { assertKubeconfig } from "../../.dagger/src/deploy/arguments.js"

test("what only a kubeconfig gives a meaning is refused without one, by name", () => {
  expect(() => assertKubeconfig({ context: "prod", namespace: "shop" })).toThrow("without --kubeconfig there was given: --context, --namespace")
})

test.each([
  ["nothing is given", {}],
  ["the kubeconfig is there", { kubeconfig: {} as Secret, context: "prod", namespace: "shop" }],
])("nothing is refused where %s", (_, given) => {
  expect(() => assertKubeconfig(given)).not.toThrow()
})
