import { describe, expect, test } from "vitest"

import { assertCreatable, createCrds, missingCrds } from "../../../.dagger/src/preflight/crds.ts"
import { crd } from "../manifests/crds.ts"
import { fakeKubectl } from "../release/records.ts"

const WIDGETS = crd("widgets.example.com")
const GADGETS = crd("gadgets.example.com", { kind: "Gadget" })
const FORBIDDEN =
  'Error from server (Forbidden): error when creating "STDIN": customresourcedefinitions.apiextensions.k8s.io is forbidden: User "deployer" cannot create resource "customresourcedefinitions" in API group "apiextensions.k8s.io" at the cluster scope\n'
const EXISTS =
  'Error from server (AlreadyExists): error when creating "STDIN": customresourcedefinitions.apiextensions.k8s.io "widgets.example.com" already exists\n'
const INVALID =
  'The CustomResourceDefinition "gadgets.example.com" is invalid: spec.versions: Invalid value: must have exactly one storage version\n'

describe("the CustomResourceDefinitions that the cluster lacks", () => {
  const lacks = async (stdout: string, exitCode = 0) => {
    const answer = { stdout, exitCode, stderr: "error: unable to reach the server" }
    const missing = await missingCrds(fakeKubectl({ "api-resources": () => answer }).kubectl, [WIDGETS, GADGETS])
    return missing.map(({ object }) => object.metadata.name)
  }
  test.each<[string, string, number, string[]]>([
    ["are those of kinds that it does not serve", "widgets example.com/v1 true Widget\n", 0, ["gadgets.example.com"]],
    ["are told by kind and group", "widgets example.org/v1 true Widget\n", 0, [WIDGETS, GADGETS].map(nameOf)],
    ["are not those of another version", "widgets example.com/v0 true Widget\n", 0, ["gadgets.example.com"]],
    ["are told while other groups are away", "gadgets example.com/v1 true Gadget\n", 1, ["widgets.example.com"]],
  ])("%s", async (_, printed, exitCode, expected) => {
    expect(await lacks(printed, exitCode)).toEqual(expected)
  })

  test("are not guessed where it does not answer", async () => {
    await expect(lacks("", 1)).rejects.toThrow(/KUBECTL_FAILED: kubectl api-resources failed[^]*unable to reach/)
  })

  test("are not asked for where no chart brings any", async () => {
    const { kubectl, calls } = fakeKubectl({})
    expect(await missingCrds(kubectl, [])).toEqual([])
    expect(calls).toEqual([])
  })
})

describe("creating them", () => {
  const create = (answer: { exitCode: number; stderr: string }) =>
    createCrds(fakeKubectl({ create: () => answer }).kubectl, [WIDGETS, GADGETS])

  test.each([
    ["succeeds", { exitCode: 0, stderr: "Warning: a note\n" }],
    ["leaves one as it is that somebody else has created meanwhile", { exitCode: 1, stderr: EXISTS }],
  ])("%s", async (_, answer) => {
    await expect(create(answer)).resolves.toBeUndefined()
  })

  test("fails for any other reason", async () => {
    await expect(create({ exitCode: 1, stderr: EXISTS + INVALID })).rejects.toThrow(/exactly one storage version/)
  })
})

describe("before the build", () => {
  const check = (stderr: string, missing = [WIDGETS, GADGETS]) => {
    const { kubectl, calls } = fakeKubectl({ create: () => ({ exitCode: stderr ? 1 : 0, stderr }) })
    return { checked: assertCreatable({ kubectl, user: "deployer" }, missing), calls }
  }

  test("they are validated, and not created", async () => {
    const { checked, calls } = check("")
    await checked
    expect(calls).toEqual([
      "create CustomResourceDefinition widgets.example.com CustomResourceDefinition gadgets.example.com --field-manager=cloud-native --dry-run=server",
    ])
  })

  test("nothing is asked where none is missing", async () => {
    const { checked, calls } = check("", [])
    await checked
    expect(calls).toEqual([])
  })

  test("a user without rights on the cluster is told the command that somebody else runs", async () => {
    await expect(check(FORBIDDEN + EXISTS).checked).rejects.toMatchObject({
      code: "PERMISSIONS_MISSING",
      what: expect.stringContaining("deployer may not create any"),
      why: "widgets.example.com (in crds/ of charts/api)\ngadgets.example.com (in crds/ of charts/api)",
      fix: expect.stringContaining("helm show crds charts/api | kubectl create --filename=-"),
    })
  })

  test("what the API server does not accept is told", async () => {
    await expect(check(INVALID).checked).rejects.toMatchObject({ code: "MANIFESTS_INVALID", why: INVALID.trim() })
  })

  test("one that is there by now is no problem", async () => {
    await expect(check(EXISTS).checked).resolves.toBeUndefined()
  })
})

function nameOf({ object }: typeof WIDGETS): string {
  return object.metadata.name
}
