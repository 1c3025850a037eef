import { describe, expect, test } from "vitest"

import { expand, literalOf, variablesIn } from "../../../.dagger/src/manifests/variables.ts"

describe("references to variables, as the kubelet reads them", () => {
  test.each([
    ["$(A)", "1", ["A"], ""],
    ["x$(A)y$(B)z", "x1y2z", ["A", "B"], "xyz"],
    ["$$(A)", "$(A)", [], "$$(A)"],
    ["$$$(A)", "$1", ["A"], "$$"],
    ["$(NONE)", "$(NONE)", ["NONE"], ""],
    ["$A ${A} $( A ) $()", "$A ${A} $( A ) $()", [], "$A ${A} $( A ) $()"],
    ["$(toString)", "$(toString)", ["toString"], ""],
  ])("%s", (text, expanded, names, literal) => {
    expect([expand(text, { A: "1", B: "2" }), variablesIn(text), literalOf(text)]).toEqual([expanded, names, literal])
  })
})
