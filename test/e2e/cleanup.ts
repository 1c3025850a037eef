// Of every test file: what it made goes when its tests have ended.
import { afterAll } from "vitest"

import { removeSources } from "./source.ts"

afterAll(removeSources)
