/** Rows of text as columns, each as wide as its widest cell; for a terminal. */
export function formatTable(header: string[], rows: string[][]): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  return all
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

/** The first of some lines, and how many more there are. */
export function firstLines(lines: string[], count: number): string[] {
  return lines.length > count ? [...lines.slice(0, count), `… and ${lines.length - count} more`] : lines
}

/** Bytes as a person reads them, in decimal megabytes as registries and limits do: 48.4 MB. */
export function humanSize(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
