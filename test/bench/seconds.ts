/** Seconds between two moments in milliseconds, to a tenth. */
export function secondsBetween(from: number, to: number): number {
  return Math.round((to - from) / 100) / 10
}

export function secondsSince(from: number): number {
  return secondsBetween(from, Date.now())
}
