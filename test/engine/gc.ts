// Keeps the disk from filling: what no session has used for long goes, sooner when space is short.
import { existsSync, readdirSync, rmSync, statfsSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { podman } from "../lab/podman.ts"
import { cleanUp } from "./cleanup.ts"
import { folder, root, session } from "./store.ts"

const hour = 3_600_000

/** A session's name begins with the id of its process. */
const isAlive = (name: string): boolean => {
  try {
    return process.kill(parseInt(name.slice(0, -8), 36), 0)
  } catch {
    return false
  }
}

const removeOlder = (name: Parameters<typeof folder>[0], age: number) => {
  for (const entry of readdirSync(folder(name))) {
    const path = join(folder(name), entry)
    if (Date.now() - statSync(path).mtimeMs > age) rmSync(path, { recursive: true, force: true })
  }
}

/** Images that dockerBuild made and no result knows any more. */
const removeBuilds = async () => {
  const { stdout } = await podman([
    "images",
    "--filter",
    "reference=localhost/cloud-native/build",
    "--format",
    "{{.Tag}}",
  ])
  const forgotten = stdout.split("\n").filter(tag => tag && !existsSync(join(folder("results"), `${tag}.json`)))
  if (forgotten.length > 0)
    await podman(["rmi", ...forgotten.map(tag => `localhost/cloud-native/build:${tag}`)], { check: false })
}

export const collectGarbage = async (): Promise<void> => {
  const others = readdirSync(folder("sessions")).filter(name => name !== session)
  for (const dead of others.filter(name => !isAlive(name))) await cleanUp(dead)

  const stamp = join(root, "collected"),
    { bavail, blocks } = statfsSync(root),
    short = bavail / blocks < 0.1
  const recently = existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < (short ? hour / 12 : hour)
  // What another session has evaluated it may still need.
  if (recently || others.some(isAlive)) return
  writeFileSync(stamp, "")
  utimesSync(stamp, new Date(), new Date())
  const age = short ? hour / 2 : 7 * 24 * hour
  for (const name of ["results", "recipes", "layers", "trees", "files", "images"] as const) removeOlder(name, age)
  removeOlder("volumes", 30 * 24 * hour)
  await removeBuilds()
}
