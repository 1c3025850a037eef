// Removes what a session left: containers, networks, mounts, scratch space, secrets. Run as `cleanup.ts SESSION` after one that was killed.
import { execFileSync } from "node:child_process"
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { withLock } from "../lab/cache.ts"
import { removeNetwork } from "./network.ts"
import { removeContainers } from "./runc.ts"
import { folder, secretFolder } from "./store.ts"

// One at a time: the guard of a killed session and the next engine that ends may both come to clean up.
export const cleanUp = (session: string): Promise<void> =>
  withLock(`engine session ${session}`, async () => {
    await removeContainers(session)
    await removeNetwork(session)
    const scratch = join(folder("sessions"), session)
    const mounts = readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .map(line => line.split(" ")[1] ?? "")
      .filter(path => path.startsWith(`${scratch}/`))
    for (const mount of mounts.reverse()) execFileSync("umount", ["--lazy", mount])
    rmSync(scratch, { recursive: true, force: true })
    rmSync(secretFolder(session), { recursive: true, force: true })
  })

if (process.argv[1] === fileURLToPath(import.meta.url)) await cleanUp(process.argv[2]!)
