import { dag, Directory } from "@dagger.io/dagger"

import type { Config } from "../../config/schema.js"
import { CloudNativeError, lastLines } from "../../util/errors.js"
import { runTool } from "../../util/tool.js"
import { uniqueValue } from "../../util/unique.js"
import { checkLimits } from "../check-limits.js"
import { tools } from "../image/inspect.js"
import { type FoundValue, type GivenValue, patternsOf } from "./known-values.js"

const PATTERNS = "/run/secrets/patterns"
const SEARCHED = "/searched"

/** Where the values are, in plain, base64, hexadecimal or URL-encoded. */
export async function findValues(folder: Directory, values: GivenValue[], config: Config): Promise<FoundValue[]> {
  if ((await filesWith(folder, values, config)).length === 0) return []
  // There is one: only now is each looked for by itself.
  const found = values.map(async given =>
    (await filesWith(folder, [given], config)).map(path => ({ key: given.key, path })),
  )
  return (await Promise.all(found)).flat()
}

async function filesWith(folder: Directory, values: GivenValue[], config: Config): Promise<string[]> {
  const patterns = patternsOf(values.map(({ value }) => value))
  if (patterns.length === 0) return []
  const secret = dag.setSecret(`patterns-${uniqueValue()}`, patterns.join("\n"))
  const ready = tools(config)
    .withMountedDirectory(SEARCHED, folder)
    .withMountedSecret(PATTERNS, secret)
    .withWorkdir(SEARCHED)
  const args = ["grep", "--recursive", "--files-with-matches", "--text", "--fixed-strings", `--file=${PATTERNS}`, "."]
  // 1: nothing was found.
  const { exitCode, stdout, stderr } = await runTool(ready, args, {
    name: "grep",
    done: [0, 1],
    ...checkLimits(config),
  })
  if (exitCode <= 1)
    return stdout
      .split("\n")
      .filter(Boolean)
      .map(path => path.replace(/^\.\//, ""))
  throw new CloudNativeError({
    code: "TOOL_FAILED",
    blame: "environment",
    what: "grep could not look for the values of the secrets",
    why: `exit code ${exitCode}\n${lastLines(stderr)}`,
    fix: "fix what it names",
  })
}
