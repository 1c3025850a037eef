import { readFileSync } from "node:fs"
import { join } from "node:path"

import { expect, test } from "vitest"

import { functionReference } from "../docs/functions.ts"
import { registered } from "../engine/registered.ts"
import { ROOT } from "./dagger.ts"

test("docs/functions.md is what the module registers; npm run docs makes it so", async () => {
  expect(readFileSync(join(ROOT, "docs/functions.md"), "utf8")).toBe(functionReference(await registered(ROOT)))
})
