import { expect, test } from "vitest"

import { ownFile } from "../manifests/files.ts"
import { documents, filesBelow } from "./documents.ts"

/** Phrases that nobody in the field writes, with the plain word. Only those that have no other, good use. */
const BANNED: [phrase: RegExp, instead: string][] = [
  [/\b(un)?mend(s|ed|ing)?\b/, "fix"],
  [/\bwhoever\b/, "anyone who, or the word for who it is"],
  [/\b(what|whatever) (became|becomes) of\b/, "what happened to, state, result"],
  [/\bwhat (it|they|this|a \w+|the \w+) came to\b/, "result, outcome"],
  [/\bcannot be had\b/, "cannot be pulled, cannot be read"],
  [/\bas (it|they|he) (has|have) to be\b/, "as expected"],
  [/\b(answered|be|is|are|was|were) as (it|they) must( be)?\b/, "as expected"],
  [/\bwhat is lacking\b|\bis lacking\b/, "is missing"],
  [/\b(its|the|a|no) way out\b(?! of)/, "fix, remedy"],
  [/\bthe way back\b/, "rollback"],
  [/\bthe (release|one|task) before\b/, "the previous release"],
  [/\bof before\b/, "previous, earlier"],
  [/\b(be|is|are|was|been) let pass\b|\blets? pass\b/, "accepted, allowed"],
  [/\btook it for good\b/, "reported success"],
  [/\ba deployment takes\b/, "a deployment needs"],
  [/\bnone such\b/, "none"],
  [/\banother hand\b/, "others, another client, another controller"],
  [/\b(first|second|third) end\b/, "termination, the third time that it terminates"],
  [/\bbelongs? into\b/, "belongs in"],
]

/** The lines of a text that have a banned phrase; one may be broken over two lines. */
function bannedIn(path: string, text: string): string[] {
  const prose = text.replace(/\n[ \t]*(\/\/|\*|#|\|)?[ \t]*/g, gap => " ".repeat(gap.length))
  return BANNED.flatMap(([phrase, instead]) =>
    [...prose.matchAll(new RegExp(phrase.source.replaceAll(" ", " +"), "gi"))].map(({ 0: found, index }) => {
      const line = text.slice(0, index).split("\n").length
      return `${path}:${line}: "${found.replace(/ +/g, " ")}"; write: ${instead}`
    }),
  )
}

const TEXTS = [
  ...documents(),
  ...[".dagger", ".github", "examples", "test"].flatMap(folder =>
    filesBelow(folder, /\.(ts|tsx|mjs|js|py|ya?ml|txt)$/),
  ),
].filter(path => path !== "test/unit/repository/words.test.ts")

test("documents, help, errors and tests are in plain English", () => {
  expect(TEXTS).toEqual(
    expect.arrayContaining([
      "README.md",
      "docs/troubleshooting.md",
      ".dagger/src/deploy/deploy.ts",
      "test/e2e/gate.test.ts",
    ]),
  )
  expect(TEXTS.flatMap(path => bannedIn(path, ownFile(path)))).toEqual([])
})

test.each([
  ["mend the tests", ['x.ts:1: "mend"; write: fix']],
  ["// one\n// that cannot be\n// had", ['x.ts:2: "cannot be had"; write: cannot be pulled, cannot be read']],
  ["recommended, amended, the way out of the room", []],
  ["three problems, each with its way out", ['x.ts:1: "its way out"; write: fix, remedy']],
])("is checked: %j", (text, problems) => {
  expect(bannedIn("x.ts", text)).toEqual(problems)
})
