import { describe, expect, test } from "vitest"

import { type Available, neededBy, unresolved } from "../../../.dagger/src/manifests/references.ts"
import { ownManifests } from "./files.ts"

const CONFIG: Available[] = [
  { kind: "ConfigMap", name: "backend-config", keys: [] },
  { kind: "ConfigMap", name: "frontend-config", keys: [] },
]

function problems(available: Available[]) {
  return [...unresolved(ownManifests(), available)].map(({ code, what }) => ({ code, what }))
}

describe("references", () => {
  test("are all that this repository's manifests need", () => {
    const needed = neededBy(ownManifests()).map(({ reference: { kind, name, keys } }) =>
      [kind, name, ...keys].join(" "),
    )
    expect([...new Set(needed)].sort()).toEqual([
      "ConfigMap backend-config",
      "ConfigMap frontend-config",
      "Secret app-secrets BACKEND_DATABASE_URL",
      "Secret app-secrets BETTER_AUTH_SECRET",
      "Secret app-secrets FRONTEND_DATABASE_URL",
    ])
  })

  test("all resolve when the Secret has its keys", () => {
    const keys = ["BACKEND_DATABASE_URL", "BETTER_AUTH_SECRET", "FRONTEND_DATABASE_URL"]
    expect(problems([...CONFIG, { kind: "Secret", name: "app-secrets", keys }])).toEqual([])
  })

  test("tell a missing Secret from a missing key", () => {
    expect(problems(CONFIG)).toContainEqual({
      code: "SECRET_MISSING",
      what: "Deployment backend needs the Secret app-secrets, which does not exist",
    })
    expect(
      problems([
        ...CONFIG,
        { kind: "Secret", name: "app-secrets", keys: ["BACKEND_DATABASE_URL", "FRONTEND_DATABASE_URL"] },
      ]),
    ).toEqual([
      {
        code: "SECRET_KEY_MISSING",
        what: "Deployment frontend needs the key BETTER_AUTH_SECRET of the Secret app-secrets, which has no such key",
      },
      {
        code: "SECRET_KEY_MISSING",
        what: "Job frontend-migration needs the key BETTER_AUTH_SECRET of the Secret app-secrets, which has no such key",
      },
    ])
  })
})
