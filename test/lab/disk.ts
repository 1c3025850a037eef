import { rm } from "node:fs/promises"

import { cachePath } from "./cache.ts"
import { labDown } from "./lab.ts"
import { podman } from "./podman.ts"
import { isInstalled } from "./process.ts"

/** What to say of an error that a full disk has caused; undefined of any other. */
export function describeFullDisk(text: string, place = cachePath()): string | undefined {
  if (!/\bENOSPC\b|no space left on device/i.test(text)) return undefined
  return `the disk is full that holds ${place}: make room on it, or free all that the lab and the embedded engine keep there: npm run lab:prune`
}

/** Frees all that the lab and the engine keep: labs, images, results, programs. */
export async function prune(): Promise<void> {
  await labDown()
  if (isInstalled("podman")) await podman(["system", "reset", "--force"])
  await rm(cachePath(), { recursive: true, force: true })
}
