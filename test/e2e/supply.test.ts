// What is pushed carries its evidence, and only what the policy lets run is released. The registries are of this machine.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { ensureImage } from "../lab/images.ts"
import { labDown, removeAtTheEnd } from "../lab/lab.ts"
import { podman } from "../lab/podman.ts"
import { dagger, daggerIn, type Ended, ROOT } from "./dagger.ts"
import { COSIGN, generateKeyPair, LOGIN, ORAS, startRegistry, tool } from "./registry.ts"
import { Source } from "./source.ts"

/** Two key pairs: the pipeline's own, and somebody else's. */
const KEYS = { own: "correct horse battery", foreign: "staple & other/things" }
const folder = mkdtempSync(join(tmpdir(), "cloud-native-supply-"))
const outputs: string[] = []
const lab = `supply-${process.pid}`
let registry: string
let privateRegistry: string

beforeAll(async () => {
  removeAtTheEnd(lab)
  writeFileSync(join(folder, "htpasswd"), `${LOGIN.htpasswd}\n`)
  registry = await startRegistry(lab)
  privateRegistry = await startRegistry(lab, join(folder, "htpasswd"))
  for (const [name, password] of Object.entries(KEYS)) await generateKeyPair(folder, name, password)
  process.env.COSIGN_PASSWORD = KEYS.own
  process.env.REGISTRY_PASSWORD = LOGIN.password
  process.env.WRONG_PASSWORD = "guessed"
})

afterAll(async () => {
  await labDown(lab)
  rmSync(folder, { recursive: true })
})

// A command ends what it prints with a newline, which is no part of the password.
const SIGNED = [`--signing-key=file:${join(folder, "own.key")}`, "--signing-password=cmd:printenv COSIGN_PASSWORD"]
const at = (address: string) => [`--registry=${address}`, `--registry-service=tcp://${address.split("/")[0]}`]
const login = (password: string) => [`--username=${LOGIN.username}`, `--password=env:${password}`]

/** The smallest source, with the policy that images have a signature of that key. */
function guarded(key: keyof typeof KEYS = "own", more = ""): Source {
  return Source.minimal()
    .write("cosign.pub", readFileSync(join(folder, `${key}.pub`), "utf8"))
    .edit("cloud-native.yaml", "name: minimal\n", `name: minimal\npolicy: { publicKey: cosign.pub${more} }\n`)
}

async function call(source: Source, ...args: string[]): Promise<Ended> {
  const ended = await dagger(`--source=${source.path}`, ...args)
  outputs.push(ended.stdout + ended.stderr)
  return ended
}

const DIGEST = /sha256:[0-9a-f]{64}/

test("the digest of a base is the registry's, though dagger.lock holds what its tag led to before", async () => {
  const base = `${registry}/base:1`
  const python = "docker.io/library/python:3.13-slim"
  await ensureImage(python)
  const context = mkdtempSync(join(folder, "base-"))
  const pushBase = async (edition: string) => {
    writeFileSync(join(context, "Dockerfile"), `FROM ${python}\nLABEL edition=${edition}\n`)
    await podman(["build", "--quiet", "--pull=never", "--tag", base, context])
    await podman(["push", "--quiet", "--tls-verify=false", base])
    await podman(["rmi", base])
    return (await tool(ORAS, folder, ["resolve", "--plain-http", base])).trim()
  }
  const before = await pushBase("before")
  const now = await pushBase("now")
  const source = Source.minimal()
    .edit("cloud-native.yaml", "  path: api\n", `  path: api\n  base: ${base}\n`)
    .write(
      "dagger.lock",
      `[["version","2"]]\n${JSON.stringify(["", "container.from", [base, "linux/amd64"], before])}\n`,
    )
    .commit()
  const label = ["container", "label", "--name=org.opencontainers.image.base.digest"]
  const built = await daggerIn(source.path, "-m", ROOT, ...at(`${registry}/shop`), "build-backend", ...label)
  expect(built.exitCode, built.stderr).toBe(0)
  expect(built.stdout.trim()).toBe(now)
  expect(now).not.toBe(before)
})

/** The references by digest in an output, by application. */
function references({ stdout }: Ended): Record<"backend" | "frontend", string> {
  const of = (application: string) =>
    new RegExp(`^${application} +(\\S+@sha256:[0-9a-f]{64})$`, "m").exec(stdout)?.[1] ?? ""
  return { backend: of("backend"), frontend: of("frontend") }
}

interface Referrer {
  artifactType: string
  digest: string
  annotations?: Record<string, string>
}

async function referrers(reference: string): Promise<Referrer[]> {
  return JSON.parse(await tool(ORAS, folder, ["discover", "--plain-http", "--format=json", reference])).referrers
}

/** The only file of the one referrer of that type. */
async function attachment(reference: string, type: string): Promise<any> {
  const [found, ...more] = (await referrers(reference)).filter(({ artifactType }) => artifactType === type)
  expect(more).toEqual([])
  const repository = reference.split("@")[0]
  const manifest = JSON.parse(
    await tool(ORAS, folder, ["manifest", "fetch", "--plain-http", `${repository}@${found!.digest}`]),
  )
  return JSON.parse(
    await tool(ORAS, folder, [
      "blob",
      "fetch",
      "--plain-http",
      "--output=-",
      `${repository}@${manifest.layers[0].digest}`,
    ]),
  )
}

const cosign = (verb: string, key: string, ...args: string[]) =>
  tool(COSIGN, folder, [verb, `--key=${key}`, "--allow-http-registry", ...args], {
    COSIGN_PASSWORD: KEYS[key.split(".")[0] as keyof typeof KEYS],
  })

describe("what is pushed with a key", () => {
  let pushed: Ended
  let images: Record<"backend" | "frontend", string>

  beforeAll(async () => {
    pushed = await call(guarded(), "push", ...at(registry), ...SIGNED, "summary")
    expect(pushed.exitCode, pushed.stderr).toBe(0)
    images = references(pushed)
  })

  test.concurrent("has its SBOM, its statement and its signatures as referrers", async () => {
    expect(pushed.stdout).toContain(
      "Attached to each image: SBOM (SPDX), statement (in-toto); both image and statement are signed",
    )
    for (const application of ["backend", "frontend"] as const) {
      const sbom = await attachment(images[application], "application/spdx+json")
      expect(sbom.spdxVersion).toMatch(/^SPDX-2/)
      expect(sbom.packages.length).toBeGreaterThan(5)
      const statement = await attachment(images[application], "application/vnd.in-toto+json")
      expect(`sha256:${statement.subject[0].digest.sha256}`).toBe(DIGEST.exec(images[application])![0])
      expect(statement.predicate.buildDefinition.externalParameters).toMatchObject({ name: "minimal", application })
      const [source, base] = statement.predicate.buildDefinition.resolvedDependencies
      expect(Object.values(source.digest)).toEqual([expect.stringMatching(/^[0-9a-f]{8,}$/)])
      expect(base.digest.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(statement.predicate.runDetails.builder.version).toMatchObject({ dagger: expect.stringMatching(/^v0\./) })
      const signatures = (await referrers(images[application])).filter(({ artifactType }) =>
        artifactType.includes("sigstore.bundle"),
      )
      expect(signatures).toHaveLength(2)
    }
  })

  test.concurrent("is verified by cosign with that key, and with no other", async () => {
    for (const reference of Object.values(images)) {
      await cosign("verify", "own.pub", "--insecure-ignore-tlog", reference)
      await cosign("verify-attestation", "own.pub", "--insecure-ignore-tlog", "--type=slsaprovenance1", reference)
      await expect(cosign("verify", "foreign.pub", "--insecure-ignore-tlog", reference)).rejects.toThrow(/no matching/)
      await expect(
        cosign("verify-attestation", "foreign.pub", "--insecure-ignore-tlog", "--type=slsaprovenance1", reference),
      ).rejects.toThrow(/no matching/)
    }
  })

  // By itself: a push adds signatures, which the first test counts.
  test("has no second SBOM or statement after a second push", async () => {
    const again = await call(guarded(), "push", ...at(registry), ...SIGNED, "summary")
    expect(again.exitCode, again.stderr).toBe(0)
    expect(references(again)).toEqual(images)
    await attachment(images.backend, "application/spdx+json")
    await attachment(images.backend, "application/vnd.in-toto+json")
  })

  const release = (source: Source, { backend, frontend } = images, ...more: string[]) =>
    call(
      source,
      "release",
      `--backend=${backend}`,
      `--frontend=${frontend}`,
      `--registry-service=tcp://${registry}`,
      ...more,
    )
  const tag = async (reference: string, name: string) => {
    await tool(ORAS, folder, ["tag", "--plain-http", reference, name])
    return reference.replace(/@.*/, `:${name}`)
  }

  test.concurrent("is released by tag, as the digest that the tag has", async () => {
    const tagged = { backend: await tag(images.backend, "stable"), frontend: await tag(images.frontend, "stable") }
    const released = await release(guarded("own", ", attestation: required"), tagged, "summary")
    expect(released.exitCode, released.stderr).toBe(0)
    expect(references(released)).toEqual(images)
  })

  test.concurrent("is refused if the policy has another key", async () => {
    const refused = await release(guarded("foreign"), images, "summary")
    expect(refused.exitCode).toBe(1)
    for (const text of ["IMAGE_NOT_TRUSTED", "another key", images.backend, images.frontend, "nothing was applied"])
      expect(refused.stderr).toContain(text)
  })

  test.concurrent("is refused in the other application's place: its statement says whose it is", async () => {
    const swapped = { backend: images.frontend, frontend: images.backend }
    const refused = await release(guarded("own", ", attestation: required"), swapped, "summary")
    expect(refused.exitCode).toBe(1)
    for (const text of [
      "IMAGE_NOT_TRUSTED",
      "it is about the frontend, not the backend",
      "it is about the backend, not the frontend",
    ])
      expect(refused.stderr).toContain(text)
  })

  describe("an image of somebody else", () => {
    let foreign: Record<"backend" | "frontend", string>
    beforeAll(async () => {
      const source = Source.minimal()
        .edit("cloud-native.yaml", "name: minimal", "name: foreign")
        .write("api/foreign", "")
        .edit("docker/api.dockerfile", "COPY main.py .", "COPY main.py foreign ./")
      const other = await call(source, "push", ...at(registry), "summary")
      expect(other.exitCode, other.stderr).toBe(0)
      expect(other.stdout.trim()).toMatch(/Attached to each image: SBOM \(SPDX\), statement \(in-toto\)$/)
      foreign = { ...images, backend: references(other).backend }
    })

    test("is refused without a signature, whatever is attached to it", async () => {
      const refused = await release(guarded(), foreign, "summary")
      expect(refused.exitCode).toBe(1)
      for (const text of ["IMAGE_NOT_TRUSTED", "it is not signed", foreign.backend])
        expect(refused.stderr).toContain(text)
      expect(refused.stderr).not.toContain(`${foreign.frontend}: it`)
    })

    test("may run once it is signed with the policy's key, unless the policy requires a statement", async () => {
      await tool(COSIGN, folder, ["signing-config", "create", "--out=services.json"])
      await cosign("sign", "own.key", "--yes", "--signing-config=services.json", foreign.backend)
      const released = await release(guarded(), foreign, "backend-ref")
      expect(released.exitCode, released.stderr).toBe(0)
      expect(released.stdout.trim()).toBe(foreign.backend)
      const refused = await release(guarded("own", ", attestation: required"), foreign, "summary")
      expect(refused.exitCode).toBe(1)
      for (const text of ["IMAGE_NOT_TRUSTED", "no statement"]) expect(refused.stderr).toContain(text)
    })
  })

  test("a missing image or registry is an error about the registry, not a verdict", async () => {
    const nowhere = await release(guarded(), { ...images, backend: `${registry}/minimal-backend:nowhere` }, "summary")
    expect(nowhere.exitCode).toBe(1)
    for (const text of ["REGISTRY_FAILED", "minimal-backend:nowhere", "no such image"])
      expect(nowhere.stderr).toContain(text)
    const gone = await call(
      guarded(),
      "release",
      "--backend=registry.invalid/a:1",
      "--frontend=registry.invalid/b:1",
      "summary",
    )
    expect(gone.exitCode).toBe(1)
    for (const text of ["REGISTRY_FAILED", "registry.invalid/a:1", "registry.invalid/b:1"])
      expect(gone.stderr).toContain(text)
  })
})

describe("a registry that asks for a login", () => {
  test.concurrent("is pushed to, attached to and released from with it", async () => {
    const pushed = await call(
      guarded(),
      "push",
      ...at(privateRegistry),
      ...login("REGISTRY_PASSWORD"),
      ...SIGNED,
      "summary",
    )
    expect(pushed.exitCode, pushed.stderr).toBe(0)
    expect(pushed.stdout).toContain("both image and statement are signed")
    const { backend, frontend } = references(pushed)
    const images = [`--backend=${backend}`, `--frontend=${frontend}`, `--registry-service=tcp://${privateRegistry}`]
    const released = await call(guarded(), "release", ...images, ...login("REGISTRY_PASSWORD"), "summary")
    expect(released.exitCode, released.stderr).toBe(0)
    expect(references(released)).toEqual({ backend, frontend })
    for (const [credentials, text] of [
      [login("WRONG_PASSWORD"), "--username and --password"],
      [[], "--username and --password"],
    ] as const) {
      const refused = await call(guarded(), "release", ...images, ...credentials, "summary")
      expect(refused.exitCode).toBe(1)
      for (const part of ["REGISTRY_FAILED", text]) expect(refused.stderr).toContain(part)
    }
  })

  test.concurrent("refuses a push with a wrong password", async () => {
    const refused = await call(guarded(), "push", ...at(privateRegistry), ...login("WRONG_PASSWORD"), "summary")
    expect(refused.exitCode).toBe(1)
    for (const text of ["PUSH_FAILED", "401"]) expect(refused.stderr).toContain(text)
  })
})

test.concurrent(
  "a registry of this machine without --registry-service: the summary names it; with a key, refused before the build",
  async () => {
    // Whether an engine reaches this machine's localhost is up to where it runs; either way it names what is missing.
    const pushed = await call(guarded(), "push", `--registry=${registry}/bare`, "summary")
    expect(pushed.exitCode === 0 ? pushed.stdout : pushed.stderr).toContain(`--registry-service=tcp://${registry}`)
    const refused = await call(guarded(), "push", `--registry=${registry}/bare`, ...SIGNED, "summary")
    expect(refused.exitCode).toBe(1)
    for (const text of ["ARGUMENTS_INVALID", `--registry-service=tcp://${registry}`])
      expect(refused.stderr).toContain(text)
    for (const step of ["test: backend", "build: backend", `push: ${registry}`])
      expect(refused.stderr).not.toContain(step)
  },
)

test.concurrent("a password that is not the key's signs nothing", async () => {
  const failed = await call(
    guarded(),
    "push",
    ...at(registry),
    SIGNED[0]!,
    "--signing-password=env:WRONG_PASSWORD",
    "summary",
  )
  expect(failed.exitCode).toBe(1)
  for (const text of ["REGISTRY_FAILED", "--signing-password"]) expect(failed.stderr).toContain(text)
})

test("no secret was in any output, in any form", () => {
  const key = readFileSync(join(folder, "own.key"), "utf8").split("\n")[1]!
  const values = [...Object.values(KEYS), LOGIN.password, "guessed", key, `${LOGIN.username}:${LOGIN.password}`]
  const forms = (value: string) => [
    value,
    encodeURIComponent(value),
    Buffer.from(value).toString("base64"),
    Buffer.from(value).toString("hex"),
  ]
  const leaks = (text: string) => values.filter(value => forms(value).some(form => text.includes(form)))
  expect(outputs.length).toBeGreaterThan(15)
  expect(outputs.flatMap(leaks)).toEqual([])
  for (const value of values) for (const form of forms(value)) expect(leaks(`x${form}y`)).toContain(value)
})
