// `npm run docs`: writes the references that are made from the code; `npm run docs -- faults.json`: also the table of faults.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { registered } from "../engine/registered.ts"
import { configurationReference } from "./configuration.ts"
import { faultsPage } from "./faults.ts"
import { functionReference } from "./functions.ts"

const ROOT = join(import.meta.dirname, "../..")

writeFileSync(join(ROOT, "docs/functions.md"), functionReference(await registered(ROOT)))
writeFileSync(join(ROOT, "docs/configuration.md"), configurationReference())

const [faults] = process.argv.slice(2)
if (faults) {
  const path = join(ROOT, "docs/faults.md")
  writeFileSync(path, faultsPage(readFileSync(path, "utf8"), readFileSync(faults, "utf8")))
}
