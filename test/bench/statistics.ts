/** What several rounds measured. */
export interface Range {
  median: number
  min: number
  max: number
}

/** Undefined where nothing was measured. */
export function rangeOf(values: number[]): Range | undefined {
  if (values.length === 0) return undefined
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

/** 3.4 (3.1–3.9); one value stands alone. */
export function formatRange({ median, min, max }: Range): string {
  const [middle, least, most] = [median, min, max].map(value => value.toFixed(1))
  return least === most ? middle! : `${middle} (${least}–${most})`
}
