import { z } from "zod"

import { ManagedFields } from "./managed-fields.js"
import { readPrinted } from "./printed.js"

/** How kubectl prints objects with those who have set their fields. */
export const MANAGED = ["--output=json", "--show-managed-fields"]

const Marks = z.record(z.string(), z.string()).optional()
/** An object with all that manifests say and those who have set it. */
const ManagedObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    resourceVersion: z.string().default(""),
    labels: Marks,
    annotations: Marks,
    managedFields: ManagedFields,
  }),
})
export type ManagedObject = z.infer<typeof ManagedObject>

/** The objects that kubectl has printed. */
export function readObjects(text: string): ManagedObject[] {
  return readPrinted(ManagedObject, text, "what kubectl prints of the objects")
}
