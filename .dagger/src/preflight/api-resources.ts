/** A kind that the cluster has, in the version that it prefers. */
export interface Known {
  resource: string
  apiVersion: string
}

/** Kind.group → what `kubectl api-resources --no-headers` prints of it: NAME [SHORTNAMES] APIVERSION NAMESPACED KIND. */
export function parseApiResources(text: string): Map<string, Known> {
  const rows = text
    .split("\n")
    .map(line => line.trim().split(/\s+/))
    .filter(columns => columns.length >= 4)
  return new Map(
    rows.map(columns => {
      const apiVersion = columns.at(-3)!
      return [`${columns.at(-1)}.${groupOf({ apiVersion })}`, { resource: columns[0]!, apiVersion }]
    }),
  )
}

/** The API group of an object; "" is the core. */
export function groupOf({ apiVersion }: { apiVersion: string }): string {
  return apiVersion.includes("/") ? apiVersion.split("/")[0]! : ""
}
