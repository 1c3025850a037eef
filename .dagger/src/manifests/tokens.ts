import type { Manifest, Path } from "./manifest.js"
import { type Problem, problemAt } from "./problem.js"
import { isKind, type KubernetesObject } from "./shapes.js"

/*
 * The few values that only a deployment knows are written ${NAME}, in the data of ConfigMaps and in the hosts of
 * Ingresses, nowhere else. $${NAME} stands for a literal ${NAME}.
 */

export type TokenName = "PUBLIC_URL" | "PUBLIC_HOST" | "NAMESPACE"
export type Tokens = Partial<Record<TokenName, string>>

const NAMES: TokenName[] = ["PUBLIC_URL", "PUBLIC_HOST", "NAMESPACE"]
const TOKEN = /(?<!\$)\$\{([^}]*)\}/g
const ESCAPED = /\$(\$\{[^}]*\})/g

export function* tokenProblems(manifests: Manifest[]): Generator<Problem> {
  for (const manifest of manifests)
    for (const { text, path } of fieldsOf(manifest.object))
      for (const [token, name] of text.matchAll(TOKEN))
        if (!NAMES.includes(name as TokenName))
          yield problemAt(manifest, path, {
            code: "TOKEN_UNKNOWN",
            what: `${path.join(".")} holds ${token}, which nothing fills in`,
            fix: `the module fills in ${NAMES.map(known => `\${${known}}`).join(", ")}; write $${token} for a literal ${token}`,
          })
}

export function fillTokens(object: KubernetesObject, values: Tokens): void {
  for (const { text, set } of fieldsOf(object))
    set(text.replace(TOKEN, (token, name: TokenName) => values[name] ?? token).replace(ESCAPED, "$1"))
}

interface Field {
  text: string
  path: Path
  set: (text: string) => void
}

function fieldsOf(object: KubernetesObject): Field[] {
  if (isKind(object, "ConfigMap")) return fields(object.data ?? {}, ["data"])
  if (!isKind(object, "Ingress")) return []
  const { rules, tls } = object.spec
  return [
    ...(rules?.flatMap((rule, index) =>
      rule.host ? fields(rule as { host: string }, ["spec", "rules", index], ["host"]) : [],
    ) ?? []),
    ...(tls?.flatMap(({ hosts }, index) => (hosts ? fields(hosts, ["spec", "tls", index, "hosts"]) : [])) ?? []),
  ]
}

/** The texts of a map or list, with the means to replace each. */
function fields(holder: Record<string, string> | string[], path: Path, keys = Object.keys(holder)): Field[] {
  const texts = holder as Record<string, string>
  return keys.map(key => ({ text: texts[key]!, path: [...path, key], set: text => void (texts[key] = text) }))
}
