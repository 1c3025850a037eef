/** Each value in an object that contains no further ones, by its path: spec.containers[0].image → "x". No rule at all, [], is one too. */
export function leaves(value: unknown, path = ""): [string, string][] {
  if (value === null || typeof value !== "object" || Object.keys(value).length === 0)
    return [[path, JSON.stringify(value)]]
  const entries = Array.isArray(value)
    ? value.map((item, index) => [`${path}[${index}]`, item] as const)
    : Object.entries(value).map(([key, item]) => [path ? `${path}.${key}` : key, item] as const)
  return entries.flatMap(([inner, item]) => leaves(item, inner))
}

/** The steps of such a path; keys with dots in them lead to what holds them. */
export function stepsOf(path: string): (string | number)[] {
  return [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, key, index]) => key ?? Number(index))
}
