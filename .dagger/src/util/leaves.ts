/** Each value in an object that contains no further ones, by its path: spec.containers[0].image → "x". */
export function leaves(value: unknown, path: string): [string, string][] {
  if (value === null || typeof value !== "object") return [[path, JSON.stringify(value)]]
  const entries = Array.isArray(value)
    ? value.map((item, index) => [`${path}[${index}]`, item] as const)
    : Object.entries(value).map(([key, item]) => [`${path}.${key}`, item] as const)
  return entries.flatMap(([inner, item]) => leaves(item, inner))
}
