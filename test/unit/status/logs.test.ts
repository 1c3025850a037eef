import { describe, expect, test } from "vitest"

import { unknownSecrets } from "../../../.dagger/src/status/logs.ts"
import { Snapshot } from "../../../.dagger/src/status/snapshot.ts"
import { Redactor } from "../../../.dagger/src/util/redact.ts"

describe("the Secrets of a pod that are not known yet", () => {
  test.each<[string, string[], Record<string, string> | undefined, string[]]>([
    ["it has none", [], undefined, []],
    ["they are in the namespace already", ["shop-secrets", "other"], undefined, ["shop-secrets", "other"]],
    [
      "its own was given, and is called by its content",
      ["shop-secrets-0a1b2c3d4e", "other"],
      { KEY: "value" },
      ["other"],
    ],
    ...["shop-secretsother", "shop-secrets-other", "shop-secrets-0a1b2c3d4e-tls", "my-shop-secrets-0a1b2c3d4e"].map(
      (name): [string, string[], Record<string, string>, string[]] => [
        `${name} is only called alike`,
        [name],
        { KEY: "value" },
        [name],
      ],
    ),
  ])("%s", (_, names, secrets, expected) => {
    const { items } = Snapshot.parse({
      items: [{ kind: "Pod", metadata: { name: "a", uid: "a" }, spec: { secrets: names }, status: {} }],
    })
    expect(unknownSecrets(items[0] as never, new Redactor([], secrets && "shop-secrets-"))).toEqual(expected)
  })
})
