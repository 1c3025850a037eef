import { startSession } from "../engine/session.ts"

/** The suite runs on the session it is given, or on that of the CLI that DAGGER names; else on an embedded engine of its own. */
export default async () => {
  if (process.env.DAGGER_SESSION_PORT || process.env.DAGGER) return
  const engine = await startSession()
  return engine.stop
}
