import { isIn, type Layout } from "../gate/layout.js"
import { applicationsIn, namesRunIn, type Place, plainFolders, type RenderedChart } from "./deployed.js"
import type { ApplicationName } from "./discover.js"

/** The charts (`discovered`) and folders of manifests in the repository that are left out, a line each with the reason. */
export function notTaken(
  paths: Record<ApplicationName, string>,
  discovered: string[],
  rendered: RenderedChart[],
  layout: Layout,
  { folder, charts }: Place = { folder: "k8s", charts: [] },
): string[] {
  const applications = applicationsIn(paths, layout)
  const others = discovered
    .filter(path => !charts.some(chart => chart.path === path))
    .map(path => ({ path, ...rendered.find(({ chart }) => chart.path === path) }))
  const folders = [true, false]
    .flatMap(isOther => plainFolders(applications, isOther, layout))
    .filter(({ path }) => folder === undefined || !(isIn(folder, path) || isIn(path, folder)))
  const reason = (path: string, names: string[]) =>
    applications.isElsewhere(path) ? "another generation" : names.join(", ") || "none of the applications"
  const refused = others.flatMap(({ path, refusal }) => (refusal === undefined ? [] : [notRendered(path, refusal)]))
  const known = [
    ...others.flatMap(({ path, manifests = [], refusal }) =>
      refusal === undefined ? [[path, "a chart", namesRunIn(path, manifests, applications)] as const] : [],
    ),
    ...folders.map(({ path, manifests }) => [path, "manifests", namesRunIn(path, manifests, applications)] as const),
  ].map(([path, what, names]) => `${path} is left out: ${what} of ${reason(path, names)}`)
  return [...refused, ...known]
}

function notRendered(path: string, refusal: string): string {
  return `${path} may run the applications, and Helm cannot render it: ${refusal}; correct that, or name the chart in charts with the values that it needs`
}
