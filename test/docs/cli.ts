// `npm run docs`: writes the references that are made from the code.
import { writeFileSync } from "node:fs"
import { join } from "node:path"

import { registered } from "../engine/registered.ts"
import { configurationReference } from "./configuration.ts"
import { functionReference } from "./functions.ts"

const ROOT = join(import.meta.dirname, "../..")

writeFileSync(join(ROOT, "docs/functions.md"), functionReference(await registered(ROOT)))
writeFileSync(join(ROOT, "docs/configuration.md"), configurationReference())
