import type { Manifest, Path } from "../manifest.js"
import { containersOf } from "../pods.js"
import { isKind } from "../shapes.js"

/** Values that the manifests give to pods in plain text. */
export function literals({ object }: Manifest): { name: string; value: string; path: Path }[] {
  if (isKind(object, "ConfigMap"))
    return Object.entries(object.data ?? {}).map(([name, value]) => ({ name, value, path: ["data", name] }))
  return containersOf(object).flatMap(
    ({ container, path }) =>
      container.env?.flatMap(({ name, value }, index) =>
        value === undefined ? [] : [{ name, value, path: [...path, "env", index, "value"] }],
      ) ?? [],
  )
}
