import { expect, test } from "vitest"

import { dockerConfig } from "../../../.dagger/src/registry/login.js"

test.each([
  ["ghcr.io", "ghcr.io"],
  ["localhost:5000", "localhost:5000"],
  ["docker.io", "https://index.docker.io/v1/"],
])("a login to %s has the key %s, as Docker writes it", (host, key) => {
  expect(JSON.parse(dockerConfig({ host, username: "me", password: "päss:word" }))).toEqual({
    auths: { [key]: { username: "me", password: "päss:word", auth: Buffer.from("me:päss:word").toString("base64") } },
  })
})
