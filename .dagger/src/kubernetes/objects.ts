import { type Kubectl, succeeded } from "./kubectl.js"
import { kubectlName } from "./object-ref.js"

/** An object by what finds it in its namespace. */
export interface Named {
  kind: string
  name: string
}

/** What kubectl prints of an object, in one line. It must not be able to fail: kubectl would print all of the object instead. */
export interface Template {
  line: string
  /** Named templates that it uses. */
  definitions?: string
}

/**
 * Read objects that may be missing, a line each, in one call. Undefined where they may not be
 * read: that is the permissions' problem, not theirs.
 */
export async function readObjects(
  kubectl: Kubectl,
  objects: Named[],
  { line, definitions = "" }: Template,
): Promise<string[] | undefined> {
  if (objects.length === 0) return []
  const names = [...new Set(objects.map(kubectlName))]
  const output = `${definitions}{{define "line"}}${line}{{"\\n"}}{{end}}{{if eq .kind "List"}}{{range .items}}{{template "line" .}}{{end}}{{else}}{{template "line" .}}{{end}}`
  const args = ["get", ...names, "--ignore-not-found", `--output=go-template=${output}`]
  const answer = await kubectl.run(args)
  if (answer.exitCode !== 0 && /forbidden/i.test(answer.stderr)) return undefined
  return succeeded(args, answer).split("\n").filter(Boolean)
}
