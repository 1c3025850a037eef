import { setting } from "@/lib/setting.ts"

// preStop (5 s) and this fit in the 30 s that Kubernetes grants.
const LONGEST_SHUTDOWN = 20_000

// A missing setting stops the server here, not a user later.
for (const name of ["DATABASE_URL", "BETTER_AUTH_SECRET", "BETTER_AUTH_URL", "BACKEND_URL"] as const) setting(name)

// On SIGTERM, Next.js finishes the requests in flight and exits; this bounds how long it may take.
process.once("SIGTERM", () => setTimeout(() => process.exit(143), LONGEST_SHUTDOWN).unref())
