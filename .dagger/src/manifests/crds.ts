import { describe, type Manifest } from "./manifest.js"
import { type Problem, problemAt } from "./problem.js"
import { type CustomResourceDefinition, isKind, type KubernetesObject } from "./shapes.js"

/** A CustomResourceDefinition that a chart has in crds/: it is for the whole cluster, and of no release. */
export interface Crd {
  object: CustomResourceDefinition
  /** The folder of the chart that brings it, itself or by one that it depends on. */
  chart: string
}

/** The CustomResourceDefinitions among what a chart has in crds/. */
export function crdsOf(manifests: Manifest[], chart: string): Crd[] {
  return manifests.flatMap(({ object }) => (isKind(object, "CustomResourceDefinition") ? [{ object, chart }] : []))
}

/** What else is in crds/. */
export function* crdProblems(manifests: Manifest[]): Generator<Problem> {
  for (const manifest of manifests)
    if (!isKind(manifest.object, "CustomResourceDefinition"))
      yield problemAt(manifest, ["kind"], {
        code: "CRDS_OTHER_KIND",
        what: `${describe(manifest.object)} is in crds/, and is no CustomResourceDefinition of apiextensions.k8s.io/v1`,
        fix: "move it to templates/; crds/ is for what is installed once per cluster",
      })
}

/** What charts ask .Capabilities.APIVersions for, of these: each version that is served, and the kind in it. */
export function apisOf(crds: Crd[]): string[] {
  return crds.flatMap(crd => servedBy(crd).flatMap(version => [version, `${version}/${crd.object.spec.names.kind}`]))
}

/** The versions of its kind that are served: example.com/v1. */
export function servedBy({ object: { spec } }: Crd): string[] {
  return spec.versions.filter(({ served }) => served).map(({ name }) => `${spec.group}/${name}`)
}

/** Whether an object is of a kind that one of these defines, in whatever version. */
export function isDefinedBy(crds: Crd[], { apiVersion, kind }: Pick<KubernetesObject, "apiVersion" | "kind">): boolean {
  return crds.some(({ object: { spec } }) => spec.names.kind === kind && apiVersion.startsWith(`${spec.group}/`))
}
