import { inject } from "vitest"

/** Whether every case runs, and not only those that stand for their family. */
export const everyFault = inject("faults") === "all"
