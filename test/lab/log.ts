/** What a log is to keep within so that a person finds the cause of a failure in it. */
const LIMITS = { lines: 400, bytes: 60_000, line: 500 }

/** Where the log of a deployment is longer than that; with the longest line, or what most lines begin with. */
export function logProblems(log: string): string[] {
  const lines = log.split("\n").filter(Boolean)
  const [longest = ""] = [...lines].sort((a, b) => b.length - a.length)
  const bytes = Buffer.byteLength(log)
  return [
    ...(lines.length > LIMITS.lines ? [`${lines.length} lines, most of them ${frequent(lines)}`] : []),
    ...(bytes > LIMITS.bytes ? [`${bytes} bytes`] : []),
    ...(longest.length > LIMITS.line ? [`a line of ${longest.length} characters: ${longest.slice(0, 100)}`] : []),
  ]
}

/** Without the time, which differs from line to line. */
function frequent(lines: string[]): string {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const start = line.replace(/^ *[\d.]+s /, "").slice(0, 20)
    counts.set(start, (counts.get(start) ?? 0) + 1)
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? ""
}
