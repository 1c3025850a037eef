import { z } from "zod"

import { readJson } from "../util/json.js"
import { ManagedFields } from "./managed-fields.js"

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
/** kubectl prints a single object as it is. */
const Printed = z.union([
  z.object({ items: z.array(ManagedObject) }),
  ManagedObject.transform(object => ({ items: [object] })),
])

/** The objects that kubectl has printed; of none it prints nothing. */
export function readObjects(text: string): ManagedObject[] {
  return text.trim() ? readJson(Printed, text, "what kubectl prints of the objects").items : []
}
