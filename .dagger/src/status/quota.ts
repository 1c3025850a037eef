const UNITS: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/**
 * Whether the API server's message about an exceeded quota says that one pod asks for more than all of the quota: then no pod
 * that leaves makes room for it.
 */
export function asksForMoreThanAll(message: string): boolean {
  const amounts = /requested: (\S+), used: \S+, limited: (\S+)$/.exec(message.trim())
  if (!amounts) return false
  const limits = new Map(readAmounts(amounts[2]!))
  return readAmounts(amounts[1]!).some(([resource, amount]) => amount > (limits.get(resource) ?? Infinity))
}

/** limits.cpu=500m,pods=2 → by resource, in the base unit. */
function readAmounts(text: string): [string, number][] {
  return text.split(",").map(item => {
    const [resource, quantity] = item.split("=")
    return [resource!, readQuantity(quantity!)]
  })
}

/** A quantity of Kubernetes: 2Gi, 500m, 1e3; NaN where it is none. */
function readQuantity(text: string): number {
  const [, number, unit] = /^([\d.]+(?:[eE]\d+)?)([a-zA-Z]*)$/.exec(text) ?? []
  return Number(number) * (UNITS[unit!] ?? NaN)
}
