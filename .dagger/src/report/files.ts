import { dag, Directory } from "@dagger.io/dagger"

import { markdownOf } from "./markdown.js"
import type { Report } from "./report.js"
import { availabilitySvg } from "./svg.js"

/** A report as files: for programs, for a job summary, to look at. */
export function filesOf(report: Report): Record<"report.json" | "report.md" | "availability.svg", string> {
  return {
    "report.json": `${JSON.stringify(report, null, 2)}\n`,
    "report.md": markdownOf(report),
    "availability.svg": availabilitySvg(report),
  }
}

/** The same as a folder. */
export function reportFolder(report: Report): Directory {
  return Object.entries(filesOf(report)).reduce(
    (folder, [name, content]) => folder.withNewFile(name, content),
    dag.directory(),
  )
}
