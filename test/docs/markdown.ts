export function table(header: string[], rows: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map(cell => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n")
}

/** Text that Markdown shows as it is; what stands between backquotes it does anyway. */
export function plain(text: string): string {
  return text.replace(/`[^`]*`|</g, part => (part === "<" ? "\\<" : part))
}
