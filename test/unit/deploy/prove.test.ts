import { expect, test } from "vitest"

import { previewOf, throughPreviews } from "../../../.dagger/src/deploy/prove.ts"
import { serviceNamed } from "../../../.dagger/src/manifests/services.ts"
import { placeInSlots } from "../../../.dagger/src/manifests/slots.ts"
import { shop } from "../manifests/shop.ts"

const PREVIEWS = new Map([["frontend", "preview-1"]])
const common = { method: "GET", headers: {}, signedIn: false, page: false, rate: 1, expect: {} }

test("the Service of a preview has the new pods and their ports, and nothing that leads users to it", () => {
  const { objects } = placeInSlots(shop("a"), { frontend: "green" })
  expect(previewOf(serviceNamed(objects, "frontend")!, "preview-1", "shop")).toEqual({
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "preview-1",
      labels: { "cloud-native/preview": "shop", "app.kubernetes.io/managed-by": "cloud-native" },
    },
    spec: { selector: { app: "frontend", "cloud-native/slot": "green" }, ports: [{ port: 80, targetPort: 3000 }] },
  })
})

test("asked are the applications that have a preview, there; who signs in does so there, and elsewhere as ever", () => {
  const request = (name: string, to: string, url: string) => ({ ...common, name, to, url })
  const step = (url: string) => ({ name: "log in", method: "POST", url, headers: {}, expect: {}, capture: {} })
  const asked = throughPreviews(
    {
      requests: [
        request("page", "frontend", "http://frontend:80/a?next=http://frontend:80/"),
        request("tasks", "backend", "http://backend:8000/tasks"),
      ],
      signIn: [step("http://frontend:80/in"), step("http://backend:8000/in")],
      secrets: ["PASSWORD"],
      handshake: [],
    },
    PREVIEWS,
  )
  expect(asked).toEqual({
    requests: [request("page", "frontend", "http://preview-1:80/a?next=http://frontend:80/")],
    signIn: [step("http://preview-1:80/in"), step("http://backend:8000/in")],
    secrets: ["PASSWORD"],
    handshake: [],
  })
})
