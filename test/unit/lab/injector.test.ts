import { join } from "node:path"

import { expect, test } from "vitest"

const SCRIPT = join(import.meta.dirname, "../../lab/injector/review.mjs")
const { review } = (await import(SCRIPT)) as {
  review: (review: object, sidecar: object) => { response: { uid: string; allowed: boolean; patch?: string } }
}

const SIDECAR = { name: "sidecar", image: "node" }
const answer = (annotations: object | undefined, containers: object[]) =>
  review(
    { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: request(annotations, containers) },
    SIDECAR,
  )
const request = (annotations: object | undefined, containers: object[]) => ({
  uid: "1",
  object: { metadata: { annotations }, spec: { containers } },
})

test("a pod that asks for the sidecar gets it", () => {
  const { response, ...review } = answer({ "example.com/inject": "true" }, [{ name: "main" }])
  expect(review).toEqual({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" })
  expect(response).toMatchObject({ uid: "1", allowed: true, patchType: "JSONPatch" })
  const patch: unknown = JSON.parse(Buffer.from(response.patch!, "base64").toString())
  expect(patch).toEqual([{ op: "add", path: "/spec/containers/-", value: SIDECAR }])
})

test.each<[string, object | undefined, object[]]>([
  ["has no annotation", undefined, [{ name: "main" }]],
  ["asks for none", { "example.com/inject": "false" }, [{ name: "main" }]],
  ["has it", { "example.com/inject": "true" }, [{ name: "main" }, SIDECAR]],
])("a pod that %s is left as it is", (_, annotations, containers) => {
  expect(answer(annotations, containers).response).toEqual({ uid: "1", allowed: true })
})
