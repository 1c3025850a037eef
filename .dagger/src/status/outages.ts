/** Milliseconds between two snapshots from which on the API server counts as away between them. */
const GAP = 8_000

/**
 * When the API server did not answer. A node can say nothing meanwhile, and what failed there is tried again with pauses that
 * grow: so an outage counts for as long again after it.
 */
export class Outages {
  private readonly spans: { from: number; to: number }[] = []

  /** All in milliseconds since 1970, by the cluster's clock. */
  constructor(private last: number) {}

  /** It has answered now. */
  answered(now: number): void {
    if (now - this.last > GAP) this.spans.push({ from: this.last, to: now + (now - this.last) })
    this.last = now
  }

  /** Milliseconds of a span in which the API server was away, or its outage had consequences. */
  within(from: number, to: number): number {
    return this.spans.reduce((sum, span) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)), 0)
  }

  /** The time to judge by: it stands still during an outage. */
  patient(now: number): number {
    return now - this.within(-Infinity, now)
  }
}
