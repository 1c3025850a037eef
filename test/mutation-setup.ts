// For `npm run test:mutation`. Stryker's runner hands on, at the end of each test file, what all files until then have covered:
// of hundreds of files, that is more than the memory. Hand on what the file itself has covered.
import { afterAll } from "vitest"

type Coverage = Record<"static" | "perTest", Record<string, unknown>>

// eslint-disable-next-line no-empty-pattern -- vitest reads the parameter's text, and wants a pattern
afterAll(({}, { meta }) => {
  const { mutantCoverage } = (globalThis as { __stryker__?: { mutantCoverage?: Coverage } }).__stryker__ ?? {}
  if (!mutantCoverage) return
  Object.assign(meta, { mutantCoverage: structuredClone(mutantCoverage) })
  // The code under test has this very object.
  for (const covered of Object.values(mutantCoverage)) for (const key of Object.keys(covered)) delete covered[key]
})
