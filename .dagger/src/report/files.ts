import { dag, Directory } from "@dagger.io/dagger"

import { htmlOf } from "./html.js"
import { markdownOf } from "./markdown.js"
import type { Report } from "./report.js"
import { deploymentSvg } from "./svg.js"

type ReportFile = "report.json" | "report.md" | "report.html" | "availability.svg"

/** A report as files: for programs, for a job summary, for a browser, to look at. */
export function filesOf(report: Report): Record<ReportFile, string> {
  return {
    "report.json": `${JSON.stringify(report, null, 2)}\n`,
    "report.md": markdownOf(report),
    "report.html": htmlOf(report),
    "availability.svg": deploymentSvg(report),
  }
}

/** The same as a folder. */
export function reportFolder(report: Report): Directory {
  return Object.entries(filesOf(report)).reduce(
    (folder, [name, content]) => folder.withNewFile(name, content),
    dag.directory(),
  )
}
