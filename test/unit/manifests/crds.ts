import type { Crd } from "../../../.dagger/src/manifests/crds.ts"

/** A CustomResourceDefinition of the chart charts/api; `versions`: whether each is served. */
export function crd(
  name: string,
  { kind = "Widget", versions = { v1: true } }: { kind?: string; versions?: Record<string, boolean> } = {},
): Crd {
  const [plural, ...group] = name.split(".") as [string, ...string[]]
  return {
    chart: "charts/api",
    object: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name },
      spec: {
        group: group.join("."),
        names: { kind, plural },
        versions: Object.entries(versions).map(([version, served]) => ({ name: version, served })),
      },
    },
  }
}
