import { join } from "node:path"

import type { Directory, Secret } from "@dagger.io/dagger"
import { expect, onTestFinished, test, vi } from "vitest"

import { parseConfig } from "../../../.dagger/src/config/parse.ts"
import { readInputs, redactorOf } from "../../../.dagger/src/release/inputs.ts"
import { yamlFiles } from "../manifests/files.ts"

const config = parseConfig("publicUrl: https://shop.example.com\n", "cloud-native.yaml")
const files = new Map(yamlFiles(join(import.meta.dirname, "../../../k8s")).map(({ name, text }) => [name, text]))
const folderOf = (texts: Map<string, string>) =>
  ({
    exists: async () => false,
    glob: async (pattern: string) => (pattern === "**/*.yaml" ? [...texts.keys()] : []),
    file: (name: string) => ({ contents: async () => texts.get(name)! }),
  }) as unknown as Directory
const manifests = folderOf(files)
const secret = (text: string) => ({ plaintext: async () => text }) as Secret
const read = (dotenv: string, publicUrl: string) =>
  readInputs({} as Directory, config, { manifests, secrets: secret(dotenv), publicUrl })

test("what a workflow passes on of settings that are not set counts as not given", async () => {
  expect(await read("", "")).toMatchObject({ secrets: undefined, publicUrl: "https://shop.example.com" })
})

test.each([
  ["https://Shop.Example.COM", "https://shop.example.com"],
  ["HTTPS://shop.example.com:443", "https://shop.example.com"],
  ["http://shop.example.com:80", "http://shop.example.com"],
  ["https://shop.example.com:8443", "https://shop.example.com:8443"],
])("a public URL is as browsers write it: %s", async (given, publicUrl) => {
  expect((await read("", given)).publicUrl).toBe(publicUrl)
  expect(parseConfig(`publicUrl: ${given}\n`, "cloud-native.yaml").publicUrl).toBe(publicUrl)
})

test("what is set is read, with all mistakes at once", async () => {
  expect(await read("A=1\n", "https://staging.example.com")).toMatchObject({
    secrets: { A: "1" },
    publicUrl: "https://staging.example.com",
  })
  await expect(read("# A=1\n", "https://staging.example.com/shop")).rejects.toThrow(
    /SECRETS_INVALID[^]*ARGUMENTS_INVALID/,
  )
})

test("manifests of which a rollout would fail are refused, what can wait is a warning", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined)
  onTestFinished(() => log.mockRestore())
  const changed = (file: string, from: string, to: string) =>
    readInputs({} as Directory, config, {
      manifests: folderOf(new Map([...files, [file, files.get(file)!.replace(from, to)]])),
    })
  await expect(
    changed("service.yaml", "app.kubernetes.io/name: frontend\n  ports", "app: front\n  ports"),
  ).rejects.toThrow(/MANIFESTS_INVALID[^]*service\.yaml:\d+:3: Service frontend selects no pods/)
  await changed("pdb.yaml", "app.kubernetes.io/name: backend\n", "app: other\n")
  expect(log.mock.calls.flat()).toEqual([])
  await changed("pdb.yaml", "      app.kubernetes.io/name: backend\n", "      app: other\n")
  expect(log.mock.calls.flat()).toEqual([
    expect.stringMatching(/^manifests: warning: deployment\.yaml:\d+:3: Deployment backend: no PodDisruptionBudget/),
  ])
})

test("a folder with nothing of its own names what it has", async () => {
  const read = (overlay: string, ...paths: string[]) =>
    readInputs({} as Directory, config, { manifests: folderOf(new Map(paths.map(path => [path, ""]))), overlay })
  await expect(read(".", "base/kustomization.yaml", "production/kustomization.yaml")).rejects.toThrow(
    /no manifests of its own\n.*kustomizations in: base, production\n.*--overlay=production/,
  )
  await expect(read("staging", "app.yaml", "charts/api/Chart.yaml")).rejects.toThrow(
    /--overlay=staging: there are no manifests[^]*Helm charts in: charts\/api/,
  )
})

test("manifests in subfolders are read, or those of one of them", async () => {
  const moved = folderOf(new Map([...files].map(([name, text]) => [`production/${name}`, text])))
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined)
  onTestFinished(() => log.mockRestore())
  for (const overlay of [".", "production/"])
    expect((await readInputs({} as Directory, config, { manifests: moved, overlay })).manifests.length).toBeGreaterThan(
      10,
    )
  expect(log.mock.calls.flat()).toEqual(["manifests: those of the subfolders, too: production"])
})

test("a public URL that is not the address of an application is the user's to fix", async () => {
  await expect(read("", "https://shop.example.com/tasks")).rejects.toMatchObject({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: "--public-url=https://shop.example.com/tasks is not the address of an application",
    why: "expected http:// or https:// and a host, without a path",
    fix: "write for example --public-url=https://shop.example.com",
  })
})

test("what a deployment was given is hidden, but not what everybody knows", async () => {
  const inputs = await read("PASSWORD=correct-horse\nNAME=backend\n", "")
  const redactor = redactorOf({ ...inputs, registryLogin: { host: "r", username: "robot", password: "of-the-robot" } })
  expect(redactor.values).toEqual(["correct-horse", "of-the-robot"])
  expect(redactor.knows(`${config.secretName}-0a1b2c3d4e`)).toBe(true)
  expect(redactor.knows("other-0a1b2c3d4e")).toBe(false)
  const none = redactorOf({ ...inputs, secrets: undefined })
  expect(none.values).toEqual([])
  expect(none.knows(`${config.secretName}-0a1b2c3d4e`)).toBe(false)
})
