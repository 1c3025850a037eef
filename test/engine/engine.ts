// An engine in this process: started, and cleaned up after.
import { randomBytes } from "node:crypto"
import { createRequire } from "node:module"
import { join } from "node:path"

import { guard } from "../lab/reaper.ts"
import { cleanUp } from "./cleanup.ts"
import { collectInBackground } from "./gc.ts"
import { dismissWorkers } from "./module.ts"
import { admit, serve } from "./server.ts"
import { stopServices } from "./service.ts"
import { session, sessionFolder } from "./store.ts"

import "./build.ts"
import "./directory.ts"
import "./exec.ts"
import "./oci.ts"
import "./rootfs.ts"
import "./workspace.ts"

export interface Engine {
  port: number
  token: string
  stop: () => Promise<void>
}

export const startEngine = async (): Promise<Engine> => {
  if (process.getuid?.() !== 0)
    throw new Error("the embedded engine mounts file systems: run it as root on Linux, or use a Dagger Engine")
  // From now on, nothing that is used is collected.
  sessionFolder()
  const callOff = guard(
    process.execPath,
    "--import",
    createRequire(import.meta.url).resolve("tsx"),
    join(import.meta.dirname, "cleanup.ts"),
    session,
  )
  const { server, port } = await serve(),
    token = randomBytes(16).toString("hex")
  admit(token)
  return {
    port,
    token,
    stop: async () => {
      server.close()
      server.closeAllConnections()
      dismissWorkers()
      await stopServices()
      await cleanUp(session)
      callOff()
      collectInBackground()
    },
  }
}
