// An engine for tests, in this process: `tsx test/engine/session.ts` starts one and says how to reach it.
import { fileURLToPath } from "node:url"

import { type Engine, startEngine } from "./engine.ts"

/** Starts an engine and points the SDK's clients in this process, and in its children, to it. */
export const startSession = async (): Promise<Engine> => {
  const engine = await startEngine()
  process.env.DAGGER_SESSION_PORT = String(engine.port)
  process.env.DAGGER_SESSION_TOKEN = engine.token
  return engine
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { port, token, stop } = await startSession()
  process.stdout.write(`DAGGER_SESSION_PORT=${port} DAGGER_SESSION_TOKEN=${token}\n`)
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void stop().then(() => process.exit(0)))
}
