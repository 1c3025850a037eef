import { expect, test } from "vitest"

import { unmet } from "../../../.dagger/src/gate/asked.js"
import type { Language } from "../../../.dagger/src/gate/suite.js"

test.each([
  [">=3.12,<3.13", "Python 3.13.2", false],
  [">=3.12,<3.14", "Python 3.13.2", true],
  ["~=3.12", "Python 3.13.2", true],
  ["~=3.12.1", "Python 3.13.2", false],
  ["==3.12.*", "Python 3.12.9", true],
  ["==3.12.*", "Python 3.13.0", false],
  [">=3.10,!=3.11.1", "Python 3.11.2", true],
  ["3.12", "Python 3.12.9", true],
  ["^3.11", "Python 3.13.0", true],
  [">=22", "v20.20.2", false],
  ["^20.9 || >=22", "v20.20.2", true],
  ["20.x", "v20.20.2", true],
  ["^18 || ^22", "v20.20.2", false],
  ["^18||^20", "v20.20.2", true],
  ["lts/iron", "v20.20.2", true],
  ["~=3.12", "Python 4.0.0", false],
  ["~=3.12.1", "Python 3.12.0", false],
  ["~=3.12.1", "Python 3.12.9", true],
  ["==3.12.1", "Python 3.12.1", true],
  ["==3.12.1", "Python 3.12.2", false],
  ["===3.12.1", "Python 3.12.2", false],
  ["== v3.12.*", "Python 3.13.0", false],
  [">=3.12,!=3.12.1", "Python 3.11.2", false],
  [">3.11", "Python 3.11.9", true],
  [">3.11", "Python 3.11.0", false],
  [">3.11", "Python 3.10.9", false],
  [">3", "Python 3.12.4", true],
  ["> 3.11, < 3.13", "Python 3.11.9", true],
  ["> 3.11, < 3.13", "Python 3.13.0", false],
  ["<3.13", "Python 3.12.9", true],
  ["<=3.12", "Python 3.12.0", true],
  ["<=3.12", "Python 3.12.4", true],
  ["<=3.12.4", "Python 3.12.4", true],
  ["==3.12", "Python 3.12.0", true],
  ["==3.12", "Python 3.12.4", true],
  ["!=3.12", "Python 3.12.4", true],
  ["!=3.12", "Python 3.12.0", false],
  ["!=3.12.*", "Python 3.12.4", false],
  ["!=3.12.*", "Python 3.13.4", true],
  [">=3.10,!=3.11.1", "Python 3.11.1", false],
  [">=3.10 != 3.11.*", "Python 3.11.1", false],
  [">=3.6.*", "Python 3.12.4", true],
  [">=3.13.0rc1", "Python 3.12.4", true],
  ["^3.10 || >3.12,!=3.13.5", "Python 3.13.5", true],
  ["~3.10 || >3.12,!=3.13.5", "Python 3.13.5", false],
  ["~3.12", "Python 3.12.4", true],
  [">20", "v20.20.2", false],
  ["<=20", "v20.20.2", true],
  ["=20", "v20.20.2", true],
  [">= 18 < 21", "v20.20.2", true],
])("%s on %s: %s", (range, version, met) => {
  const language: Language = version.startsWith("Python") ? "python" : "node"
  const asked = [{ language, range, file: "a manifest" }]
  expect(unmet(asked, version)).toEqual(met ? [] : asked)
})

test("nothing is asked of an interpreter that does not say its version", () => {
  expect(unmet([{ language: "node", range: ">=22", file: "package.json" }], "unknown")).toEqual([])
})
