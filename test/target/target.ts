import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

import { parseAllDocuments } from "yaml"

import { kubectl } from "../lab/kubectl.ts"
import type { Lab } from "../lab/lab.ts"

const MANIFESTS = readFileSync(join(import.meta.dirname, "target.yaml"), "utf8")

/**
 * Make a namespace of a lab's cluster ready for the sample application, as a platform team would: database, way in,
 * and the applications' secrets as a dotenv file, which is kept so that a second deployment finds the same.
 */
export async function prepareTarget(lab: Lab, namespace: string, dotenv: string): Promise<void> {
  const password = keptPassword(dotenv)
  await applyTarget(lab, namespace, password, objectsOf(namespace))
}

/** A namespace with a database, and nothing else; answers with the database's address. */
export async function prepareDatabase(lab: Lab, namespace: string): Promise<string> {
  const password = randomBytes(16).toString("hex")
  // A port of the node, of which there is one for all namespaces.
  const inside = objectsOf(namespace).filter(({ metadata }) => metadata.name !== "frontend-outside")
  await applyTarget(lab, namespace, password, inside)
  return databaseUrl(password)
}

/** A namespace alone, for an application that needs nothing else. */
export async function createNamespace(lab: Lab, namespace: string): Promise<void> {
  await kubectl(lab, ["create", "namespace", namespace])
}

interface TargetObject {
  metadata: { name: string }
}

function objectsOf(namespace: string): TargetObject[] {
  return parseAllDocuments(MANIFESTS.replaceAll("NAMESPACE", namespace)).map(
    document => document.toJS() as TargetObject,
  )
}

async function applyTarget(lab: Lab, namespace: string, password: string, objects: TargetObject[]): Promise<void> {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "postgres", namespace },
    stringData: { password },
  }
  const [first, ...rest] = objects
  const list = { apiVersion: "v1", kind: "List", items: [first, secret, ...rest] }
  await kubectl(lab, ["apply", "--filename=-"], JSON.stringify(list))
  await kubectl(lab, ["--namespace", namespace, "rollout", "status", "deployment/postgres", "--timeout=180s"])
}

function databaseUrl(password: string): string {
  return `postgresql://app:${password}@postgres:5432/app`
}

function keptPassword(dotenv: string): string {
  if (!existsSync(dotenv)) {
    const password = randomBytes(16).toString("hex")
    const database = databaseUrl(password)
    mkdirSync(dirname(dotenv), { recursive: true })
    const lines = [
      `BACKEND_DATABASE_URL=${database}`,
      `FRONTEND_DATABASE_URL=${database}`,
      `BETTER_AUTH_SECRET=${randomBytes(32).toString("hex")}`,
      "MONITOR_EMAIL=monitor@example.com",
      `MONITOR_PASSWORD=${randomBytes(16).toString("hex")}`,
    ]
    writeFileSync(dotenv, `${lines.join("\n")}\n`, { mode: 0o600 })
  }
  return /:([0-9a-f]+)@/.exec(readFileSync(dotenv, "utf8"))![1]!
}
