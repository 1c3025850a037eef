import { settings } from "@/lib/setting.ts"

// preStop (5 s) and this fit in the 30 s that Kubernetes grants.
const LONGEST_SHUTDOWN = 20_000

// What is missing stops the server here, and not a user later.
const missing = settings.filter((name) => !process.env[name])
if (missing.length > 0) {
  console.error(`Not set in the environment: ${missing.join(", ")}.`)
  process.exit(1)
}

// On SIGTERM, Next.js finishes the requests in flight and exits; this bounds how long it may take.
process.once("SIGTERM", () => setTimeout(() => process.exit(143), LONGEST_SHUTDOWN).unref())
