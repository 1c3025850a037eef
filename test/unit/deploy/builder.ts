import { ReportBuilder } from "../../../.dagger/src/deploy/report-builder.ts"

/** The builder of a report of shop in which nothing has happened yet. */
export function builderOf(id: string): ReportBuilder {
  const task = {
    kubectl: { namespace: "default" },
    config: { name: "shop", limits: { startup: 30 } },
    recorded: { images: {}, publicUrl: "https://shop.example" },
    isRollback: false,
  }
  return ReportBuilder.begin(id, task as unknown as Parameters<typeof ReportBuilder.begin>[1])
}
