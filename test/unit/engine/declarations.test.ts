import { expect, test } from "vitest"

import { declarationsOf } from "../../engine/declarations.ts"

test("what types are made of is kept, and nothing that runs", () => {
  const kept = [
    'import type { A } from "./a.js"',
    'export * from "./b.js"',
    '/** Told by help. */\nexport enum Level { Low = "low" }',
    "export interface B { a: A }",
    "export type C = B[]",
    "export class D { e = 1 }",
  ]
  const source = [...kept, "export const f = [1, 2]", "function g() { return f }", "g()"].join("\n")
  expect(declarationsOf(source)).toBe(kept.join("\n"))
})

test("a file that exposes something is kept whole", () => {
  const source = "@object()\nexport class Shop {\n  @func()\n  open() { return 1 }\n}\nconst closed = 2\n"
  expect(declarationsOf(source)).toBe(source)
})
