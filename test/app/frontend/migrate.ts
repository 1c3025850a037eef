import { migrate } from "@/lib/migration.ts"
import { setting } from "@/lib/setting.ts"

/** The account of the monitor that watches deployments; where no deployment is watched, there is none. */
function account() {
  const { MONITOR_EMAIL: email, MONITOR_PASSWORD: password } = process.env
  return email && password ? { name: "Monitor", email, password } : undefined
}

try {
  const changed = await migrate({
    databaseUrl: setting("DATABASE_URL"),
    secret: setting("BETTER_AUTH_SECRET"),
    url: setting("BETTER_AUTH_URL"),
    patience: 60_000,
    account: account(),
  })
  console.log(changed.length ? `Migrated: ${changed.join(", ")}.` : "Nothing to migrate.")
} catch (error) {
  console.error(`The migration failed: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
