// An admission webhook that adds a container to pods with an annotation, as the injectors of Dapr and of meshes do.
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { parse, parseAllDocuments } from "yaml"

import { ensureImage } from "./images.ts"
import { kubectl } from "./kubectl.ts"
import { type Lab, until } from "./lab.ts"
import { ensureProgram } from "./podman.ts"
import { CommandFailed, run } from "./process.ts"
import { pushImage } from "./registry.ts"

const NODE = "docker.io/library/node:20-alpine"

/** The annotation with which a pod asks for the container. */
export const ANNOTATION = { "example.com/inject": "true" }
/** The container's name. */
export const SIDECAR = "sidecar"

/** From now on, pods of a namespace get the container if they ask for it. Once for each lab. */
export async function injectInto(lab: Lab, namespace: string): Promise<void> {
  await ensureImage(NODE)
  const [image, { certificate, key }] = await Promise.all([pushImage(lab, NODE, "node:20-alpine"), newCertificate()])
  const sidecar = (await fileOf("sidecar.yaml")).replaceAll("IMAGE", image)
  const texts: Record<string, string> = {
    IMAGE: image,
    SIDECAR: JSON.stringify(JSON.stringify(parse(sidecar))),
    CERTIFICATE: Buffer.from(certificate).toString("base64"),
  }
  const objects = (await fileOf("objects.yaml")).replace(/IMAGE|SIDECAR|CERTIFICATE/g, name => texts[name]!)
  const metadata = { name: "injector", namespace: "injector" }
  const programs = { "server.mjs": await fileOf("server.mjs"), "review.mjs": await fileOf("review.mjs") }
  const [first, ...rest] = parseAllDocuments(objects).map(document => document.toJS() as object)
  const items = [
    first,
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: programs },
    { apiVersion: "v1", kind: "Secret", metadata, stringData: { "tls.crt": certificate, "tls.key": key } },
    ...rest,
  ]
  await kubectl(lab, ["apply", "--filename=-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }))
  await kubectl(lab, ["--namespace=injector", "rollout", "status", "deployment/injector", "--timeout=120s"])
  await kubectl(lab, ["label", "namespace", namespace, "example.com/injection=enabled"])
  await until("the injector", 60, () => isInjected(lab, namespace))
}

/** Whether a pod would get the container: the API server, and the way to the webhook's Service, take a moment. */
async function isInjected(lab: Lab, namespace: string): Promise<boolean> {
  const securityContext = {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  }
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "injected", annotations: ANNOTATION },
    spec: {
      securityContext: { seccompProfile: { type: "RuntimeDefault" } },
      containers: [{ name: "main", image: "main", securityContext }],
    },
  }
  const create = ["create", "--dry-run=server", "--output=jsonpath={.spec.containers[*].name}", "--filename=-"]
  const names = await kubectl(lab, [`--namespace=${namespace}`, ...create], JSON.stringify(pod)).catch(error => {
    if (error instanceof CommandFailed && error.message.includes("failed calling webhook")) return ""
    throw error
  })
  return names.split(" ").includes(SIDECAR)
}

/** A certificate for the webhook's Service, which is its own authority. */
async function newCertificate(): Promise<{ certificate: string; key: string }> {
  await ensureProgram("openssl", ["openssl"])
  const folder = await mkdtemp(join(tmpdir(), "cloud-native-injector-"))
  try {
    const [keyFile, file] = [join(folder, "tls.key"), join(folder, "tls.crt")]
    const make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    const name = ["-subj", "/CN=injector", "-addext", "subjectAltName=DNS:injector.injector.svc"]
    await run([...make, ...name, "-days", "2", "-keyout", keyFile, "-out", file])
    return { certificate: await readFile(file, "utf8"), key: await readFile(keyFile, "utf8") }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function fileOf(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, "injector", name), "utf8")
}
