// What was signed and verified is what runs, in one environment after the other, on the lab's cluster.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, expect, test } from "vitest"

import { kubectl as kubectlOn } from "../lab/kubectl.ts"
import { type Lab, labDown, temporaryLab } from "../lab/lab.ts"
import { createNamespace } from "../target/target.ts"
import { call, dagger, type Ended } from "./dagger.ts"
import { generateKeyPair, ORAS, tool } from "./registry.ts"
import { Source } from "./source.ts"

const KEYS = ["own", "foreign"]
const folder = mkdtempSync(join(tmpdir(), "cloud-native-promotion-"))
let lab: Lab

beforeAll(async () => {
  lab = await temporaryLab({ name: `promotion-${process.pid}` })
  for (const key of KEYS) await generateKeyPair(folder, key, "")
  for (const namespace of ["staging", "production", "empty"]) await createNamespace(lab, namespace)
})

afterAll(async () => {
  if (lab) await labDown(lab.name)
  rmSync(folder, { recursive: true })
})

test("a cluster gets nothing of a release that is signed with another key than the policy's", async () => {
  const refused = await deploy(guarded(), ...at(), signedWith("foreign"), ...target("empty"))
  expect(refused.exitCode).toBe(1)
  for (const text of ["IMAGE_NOT_TRUSTED", "another key", "nothing was applied"]) expect(refused.stderr).toContain(text)
  expect(await kubectl("--namespace=empty", "get", "all,secrets,leases", "--output=name")).toBe("")
  const unsigned = await deploy(guarded(), ...at(), ...target("empty"))
  expect(unsigned.exitCode).toBe(1)
  for (const text of ["ARGUMENTS_INVALID", "--signing-key"]) expect(unsigned.stderr).toContain(text)
  expect(unsigned.stderr).not.toContain("test: ")
})

test("a cluster gets what was verified: signed, promoted by digest, even if the tag moves meanwhile", async () => {
  const source = guarded().edit("api/main.py", "import", "# promoted\nimport")
  const deployed = await deploy(source, ...at(), signedWith("own"), ...target("staging"))
  expect(deployed.exitCode, deployed.stderr).toBe(0)
  expect(deployed.stdout).toMatch(/backend +verified +verified/)
  const images = references(deployed)
  expect(await running("staging")).toEqual(Object.values(images).sort())

  // The tags are those of production; as soon as they have been looked up, somebody moves them to another image.
  const repository = (application: "backend" | "frontend") => images[application].split("@")[0]!
  const move = async (backend: string, frontend: string) => {
    await tool(ORAS, folder, ["tag", "--plain-http", backend, "next"])
    await tool(ORAS, folder, ["tag", "--plain-http", frontend, "next"])
  }
  await move(images.backend, images.frontend)
  await tool(ORAS, folder, [
    "cp",
    "--from-plain-http",
    "--to-plain-http",
    images.frontend,
    `${repository("backend")}:moved`,
  ])
  const promotion = call(
    `--source=${source.path}`,
    "release",
    `--backend=${repository("backend")}:next`,
    `--frontend=${repository("frontend")}:next`,
    `--registry-service=tcp://${lab.registry}`,
    "deploy",
    ...target("production"),
  )
  await promotion.said("backend:next is ")
  await tool(ORAS, folder, ["tag", "--plain-http", `${repository("backend")}:moved`, "next"])
  const promoted = await promotion.ended
  expect(promoted.exitCode, promoted.stderr).toBe(0)
  expect(references(promoted)).toEqual(images)
  expect(await running("production")).toEqual(Object.values(images).sort())
  const now = await tool(ORAS, folder, ["resolve", "--plain-http", `${repository("backend")}:next`])
  expect(images.backend).not.toContain(now.trim())
})

/** The smallest source, with the policy that images have a signature of that key. */
function guarded(): Source {
  return Source.minimal()
    .write("cosign.pub", readFileSync(join(folder, "own.pub"), "utf8"))
    .edit(
      "cloud-native.yaml",
      "name: minimal\n",
      "name: minimal\npolicy: { publicKey: cosign.pub, attestation: required }\n",
    )
}

const deploy = (source: Source, ...args: string[]) => dagger(`--source=${source.path}`, "deploy", ...args)
const at = () => [`--registry=${lab.registry}/shop`, `--registry-service=tcp://${lab.registry}`]
const signedWith = (key: string) => `--signing-key=file:${join(folder, `${key}.key`)}`
const target = (namespace: string) => [`--kubeconfig=file:${lab.kubeconfig}`, `--namespace=${namespace}`]

const kubectl = (...args: string[]) => kubectlOn(lab, args)

async function running(namespace: string): Promise<string[]> {
  const images = await kubectl(
    `--namespace=${namespace}`,
    "get",
    "pods",
    "--field-selector=status.phase=Running",
    "--output=jsonpath={.items[*].spec.containers[*].image}",
  )
  return [...new Set(images.split(" "))].sort()
}

/** The references by digest in an output, by application. */
function references({ stdout }: Ended): Record<"backend" | "frontend", string> {
  const of = (application: string) =>
    new RegExp(`^${application} +(\\S+@sha256:[0-9a-f]{64})$`, "m").exec(stdout)?.[1] ?? ""
  return { backend: of("backend"), frontend: of("frontend") }
}
