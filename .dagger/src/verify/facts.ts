/** One thing that was found out about an image. */
export interface FactRow {
  image: string
  name: string
  limit: string
  actual: string
  /** A fact that could not be looked at is "not checked", never "pass". */
  verdict: "pass" | "warn" | "fail" | "not checked"
  how: string
  /** Where, one by one: a layer and a path, a vulnerability; never a secret. */
  findings: string[]
}

/** A fact, before it is said of which image. */
export type Row = Omit<FactRow, "image" | "findings"> & { findings?: string[] }

/** A fact that could not be looked at, and why. */
export function notChecked(name: string, limit: string, how: string): Row {
  return { name, limit, actual: "—", verdict: "not checked", how }
}

/** The same for every fact of the list. */
export function noneChecked(facts: { name: string; limit: string }[], how: string): Row[] {
  return facts.map(({ name, limit }) => notChecked(name, limit, how))
}
