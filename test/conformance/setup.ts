import { startSession } from "../engine/session.ts"

/** The suite runs on the engine of the session it is given; without one, on an embedded engine of its own. */
export default async () => {
  if (process.env.DAGGER_SESSION_PORT) return
  const engine = await startSession()
  return engine.stop
}
