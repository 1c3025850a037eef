import { getMigrations } from "better-auth/db/migration"
import { auth } from "./lib/auth"

getMigrations(auth.options)
  .then(({ runMigrations }) => runMigrations())
  .then(() => process.exit(0))
