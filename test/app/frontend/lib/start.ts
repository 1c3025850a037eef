import { subscribe } from "node:diagnostics_channel"
import type { ServerResponse } from "node:http"

import { settings } from "@/lib/setting.ts"

// preStop (5 s) and this fit in the 30 s that Kubernetes grants.
const LONGEST_SHUTDOWN = 20_000
/** How long clients have to learn, by the answer to a request of theirs, that their connection ends. */
const LAST_ANSWERS = 2_000

// What is missing stops the server here, and not a user later.
const missing = settings.filter(name => !process.env[name])
if (missing.length > 0) {
  console.error(`Not set in the environment: ${missing.join(", ")}.`)
  process.exit(1)
}

// On SIGTERM, Next.js closes every connection that is idle, also one that a client is just about to use again. So first
// each client is asked to leave with its next answer; then Next.js finishes the requests in flight and exits.
const listeners = process.listeners("SIGTERM")
process.removeAllListeners("SIGTERM")
process.once("SIGTERM", signal => {
  subscribe("http.server.request.start", message => {
    const { response } = message as { response: ServerResponse }
    response.setHeader("Connection", "close")
  })
  setTimeout(() => listeners.forEach(listener => listener(signal)), LAST_ANSWERS)
  setTimeout(() => process.exit(143), LONGEST_SHUTDOWN).unref()
})
