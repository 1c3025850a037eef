/** Has the API server date an object that it does not keep. Of a kind that every deployment may create: the Lease's. */
export const ASK_CLOCK = {
  args: ["create", "--dry-run=server", "--filename=-", "--output=jsonpath={.metadata.creationTimestamp}"],
  stdin: JSON.stringify({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { generateName: "cloud-native-clock-" },
  }),
}

/** What it dates is cut to whole seconds. */
const PRECISION = 1000

/**
 * The least correction of this machine's clock that explains a date of the server's; none where the clocks agree as far as
 * can be told. All in milliseconds: `sent` and `received`, by this machine's clock, are when it was asked for and had.
 */
export function leastOffset(date: number, sent: number, received: number): number {
  return Math.max(date - received, Math.min(date + PRECISION - sent, 0))
}
