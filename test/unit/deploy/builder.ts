import { ReportBuilder } from "../../../.dagger/src/deploy/report-builder.ts"

/** The builder of a report of shop in which nothing has happened yet; `none`: why the frontend has no tests. */
export function builderOf(id: string, none?: string): ReportBuilder {
  const task = {
    kubectl: { namespace: "default" },
    config: { name: "shop", limits: { startup: 30 }, backend: { test: {} }, frontend: { test: { none } } },
    recorded: { images: {}, publicUrl: "https://shop.example" },
    isRollback: false,
  }
  return ReportBuilder.begin(id, task as unknown as Parameters<typeof ReportBuilder.begin>[1])
}
