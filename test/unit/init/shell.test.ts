import { describe, expect, test } from "vitest"

import { commandsIn, expanded, isOpen, variablesIn, withoutStart } from "../../../.dagger/src/init/shell.js"

describe("the commands of a script", () => {
  test.each<[string, string, string[][]]>([
    ["words", "helm  upgrade\ta", [["helm", "upgrade", "a"]]],
    ["lines, and lines that go on", "a \\\n  b\\\nc\n\nd", [["a", "bc"], ["d"]]],
    ["several in a line", "a; b && c || d | e & (f)", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]],
    ["quotes", `a "b c" 'd "e"' f"g"'h' i\\ j "k\\"l"`, [["a", "b c", 'd "e"', "fgh", "i j", 'k"l']]],
    ["here-documents", "a <<'EOF' > b\nit's c\n  EOF d\nEOF\ne <<< f\ng <<-X\n\tX\nh", [["a"], ["e"], ["g"], ["h"]]],
    ["comments", "a # b; c\n# d\ne#f", [["a"], ["e#f"]]],
    ["redirections", "a > out b 2>&1 <in >>more c", [["a", "b", "c"]]],
    [
      "commands and expressions in a word",
      "a=$(b | c) ${d:-e f} ${{ g.h || 'i' }} `j; k`",
      [["a=$(b | c)", "${d:-e f}", "${{ g.h || 'i' }}", "`j; k`"]],
    ],
    ["a quote without its other half", "a 'b", [["a"]]],
    ["nothing", " \n# a\n", []],
  ])("%s", (_, script, commands) => {
    expect(commandsIn(script)).toEqual(commands)
  })
})

describe("variables", () => {
  const VARIABLES = { NAME: "shop", OTHER: "$NAME-api", LOOP: "$LOOP" }
  test.each([
    ["$NAME", "shop"],
    ["${NAME}-web", "shop-web"],
    ["$(NAME)", "shop"],
    ["$$NAME", "shop"],
    ["${{ env.NAME }}", "shop"],
    ["$OTHER", "shop-api"],
    ["${NONE:-default}", "default"],
    ["${NAME:-default}", "shop"],
    ["$NONE", "$NONE"],
    ["${{ secrets.NAME }}", "${{ secrets.NAME }}"],
    ["$toString", "$toString"],
    ["$LOOP", "$LOOP"],
  ])("%s is %s", (text, value) => {
    expect(expanded(text, VARIABLES)).toBe(value)
  })

  test("are those that a script sets in one way", () => {
    const script = "A=1\nexport B='two words'\nC := 3 # three\nD ?= 4\nD=5\nE=1\nE=1\nG=${G:-7}\nhelm --set F=6\n"
    expect(variablesIn(script)).toEqual({ A: "1", B: "two words", C: "3", E: "1", G: "7" })
  })

  test.each([
    ["$ROOT/charts/api", "charts/api"],
    ["${ROOT}/api", "api"],
    ["$(cd $(dirname $0)/.. && pwd)/charts", "charts"],
    ["charts/$NAME", "charts/$NAME"],
    ["$ROOT", "$ROOT"],
    ["./charts", "./charts"],
  ])("%s without its start: %s", (path, rest) => {
    expect(withoutStart(path)).toBe(rest)
  })

  test.each([
    ["$A", true],
    ["{{ .Values.a }}", true],
    ["`date`", true],
    ["a-b.c", false],
  ])("%s is open: %s", (text, expected) => {
    expect(isOpen(text)).toBe(expected)
  })
})
