import { describe } from "../manifest.js"
import { type Problem, problemAt } from "../problem.js"
import { literalsOf } from "../secret-values.js"
import { isKind } from "../shapes.js"
import { literalOf } from "../variables.js"
import type { Context } from "./context.js"
import { literals } from "./literals.js"

/** user:password@ in a URL. */
const CREDENTIALS = /:\/\/[^\s/:@]*:[^\s/@]+@/
const SENSITIVE = /(PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY|API_?KEY)$/i

export function* secretInManifests({ manifests }: Context): Generator<Problem> {
  for (const manifest of manifests) {
    const { object } = manifest
    if (isKind(object, "Secret") && literalsOf(object).length > 0)
      yield problemAt(manifest, [object.data ? "data" : "stringData"], {
        code: "SECRET_IN_MANIFESTS",
        what: `${describe(object)} holds values: base64 is no protection, and the repository keeps them for ever`,
        fix: "remove it and change the values; give them with --secrets (those of a chart by secretValues in cloud-native.yaml), or create the Secret in the namespace",
      })
  }
}

export function* credentialInManifests({ manifests }: Context): Generator<Problem> {
  for (const manifest of manifests)
    for (const { name, value, path } of literals(manifest))
      if (looksSecret(name, literalOf(value)))
        yield problemAt(manifest, path, {
          code: "CREDENTIAL_IN_MANIFESTS",
          what: `${describe(manifest.object)}: ${name} looks like a secret, and its value stands in the manifest`,
          fix: "put it in a Secret and refer to it by secretKeyRef",
        })
}

/** A reference such as $(DB_PASSWORD) is no value: what it stands for comes from elsewhere. */
function looksSecret(name: string, literal: string): boolean {
  return CREDENTIALS.test(literal) || (SENSITIVE.test(name) && literal !== "")
}
