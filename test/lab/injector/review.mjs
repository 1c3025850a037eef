import { Buffer } from "node:buffer"

const ANNOTATION = "example.com/inject"

/** The answer to an AdmissionReview: pods that ask for it by annotation get a container more. */
export function review({ apiVersion, kind, request: { uid, object } }, sidecar) {
  const { metadata, spec } = object
  const asks = metadata.annotations?.[ANNOTATION] === "true"
  const hasIt = spec.containers.some(({ name }) => name === sidecar.name)
  const patch = asks && !hasIt && [{ op: "add", path: "/spec/containers/-", value: sidecar }]
  const response = {
    uid,
    allowed: true,
    ...(patch && { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") }),
  }
  return { apiVersion, kind, response }
}
