import { dag } from "@dagger.io/dagger"
import { expect } from "vitest"

import { execFailure, fresh, node, on, sh, unique } from "./support.ts"

const secret = (plaintext: string) => dag.setSecret(`secret-${plaintext.slice(0, 6)}`, plaintext)

on("a secret variable reaches the exec, and its output is scrubbed", async () => {
  const plaintext = unique(),
    chain = fresh(node()).withSecretVariable("TOKEN", secret(plaintext))
  expect(await chain.withExec(sh('printf %s "$TOKEN" | wc -c')).stdout()).toMatch(/^\s*12\s*$/)
  expect(await chain.withExec(sh('echo "it is $TOKEN"; echo "$TOKEN" >&2')).stdout()).toBe("it is ***\n")
  const error = await execFailure(chain.withExec(sh('echo "$TOKEN" >&2; exit 1')).sync())
  expect(JSON.stringify([error.message, error.stderr])).not.toContain(plaintext)
})

on("a mounted secret is a file for its owner only, and gone from the container's files", async () => {
  const plaintext = unique(),
    chain = fresh(node()).withMountedSecret("/run/secret", secret(plaintext))
  expect(await chain.withExec(sh("stat -c '%a %u' /run/secret; wc -c < /run/secret")).stdout()).toMatch(
    /^400 0\n\s*12\n$/,
  )
  const owned = fresh(node())
    .withUser("1000")
    .withMountedSecret("/run/secret", secret(plaintext), { owner: "1000:1000", mode: 0o440 })
  expect(await owned.withExec(sh("stat -c '%a %u:%g' /run/secret; cat /run/secret")).stdout()).toBe(
    "440 1000:1000\n***",
  )
})

on("a secret is in no layer, no environment and no configuration of the image", async () => {
  const plaintext = unique()
  const chain = fresh(node())
    .withSecretVariable("TOKEN", secret(plaintext))
    .withMountedSecret("/run/secret", secret(plaintext))
    .withExec(sh('test -n "$TOKEN"'))
  expect(
    JSON.stringify(await Promise.all((await chain.envVariables()).map(variable => variable.value()))),
  ).not.toContain(plaintext)
  const search =
    'mkdir /x && tar -xf /image.tar -C /x && for f in /x/blobs/sha256/*; do (gunzip -c < "$f" 2>/dev/null || cat "$f") | grep -c "$TOKEN"; done | sort -u'
  const found = await fresh(node())
    .withMountedFile("/image.tar", chain.asTarball())
    .withSecretVariable("TOKEN", secret(plaintext))
    .withExec(sh(search))
    .stdout()
  expect(found).toBe("0\n")
  const planted = fresh(node()).withNewFile("/leak", plaintext).asTarball()
  expect(
    await fresh(node())
      .withMountedFile("/image.tar", planted)
      .withSecretVariable("TOKEN", secret(plaintext))
      .withExec(sh(search))
      .stdout(),
  ).toBe("0\n1\n")
})

on("an exec with the same secret runs once", async () => {
  const chain = fresh(node())
    .withSecretVariable("TOKEN", secret(unique()))
    .withExec(sh("head -c 16 /proc/sys/kernel/random/uuid"))
  expect(await chain.stdout()).toBe(await chain.stdout())
})

on("a module can read a secret it was given", async () => {
  const plaintext = unique()
  expect(await secret(plaintext).plaintext()).toBe(plaintext)
})
