import { migrate } from "@/lib/migration.ts"
import { setting } from "@/lib/setting.ts"

try {
  const changed = await migrate({
    databaseUrl: setting("DATABASE_URL"),
    secret: setting("BETTER_AUTH_SECRET"),
    url: setting("BETTER_AUTH_URL"),
    patience: 60_000,
  })
  console.log(changed.length ? `Migrated: ${changed.join(", ")}.` : "Nothing to migrate.")
} catch (error) {
  console.error(`The migration failed: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
