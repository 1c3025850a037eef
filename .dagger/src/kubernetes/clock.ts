/** What it dates is cut to whole seconds. */
const PRECISION = 1000

/**
 * The least correction of this machine's clock that explains a date of the server's; none where the clocks agree as far as
 * can be told. All in milliseconds: `sent` and `received`, by this machine's clock, are when it was asked for and had.
 */
export function leastOffset(date: number, sent: number, received: number): number {
  return Math.max(date - received, Math.min(date + PRECISION - sent, 0))
}
