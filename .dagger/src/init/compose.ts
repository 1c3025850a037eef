import { parse } from "yaml"
import { z } from "zod"

import { type Layout, localPaths, parentOf } from "../gate/layout.js"

/** What a service of a compose file is built from, by paths from the source's root. */
export interface ComposeBuild {
  service: string
  dockerfile: string
  context: string
  target?: string
}

export const isCompose = (path: string) => /(^|\/)(docker-)?compose[^/]*\.ya?ml$/.test(path)

const Build = z.object({
  context: z.string().default("."),
  dockerfile: z.string().default("Dockerfile"),
  target: z.string().optional(),
})
const Service = z.object({
  build: z.union([Build, z.string().transform(context => ({ context, dockerfile: "Dockerfile", target: undefined }))]),
})
const Compose = z.object({ services: z.record(z.string(), Service.nullable().catch(null)) })

/** The services of a compose file that are built from a Dockerfile of the repository. */
export function composeBuilds(file: string, { files, texts }: Layout): ComposeBuild[] {
  const { services } = read(texts[file] ?? "")
  return Object.entries(services).flatMap(([service, value]) => {
    if (value === null) return []
    const [context] = localPaths(parentOf(file), [value.build.context])
    const [dockerfile] = context === undefined ? [] : localPaths(context, [value.build.dockerfile])
    if (context === undefined || dockerfile === undefined || !files.includes(dockerfile)) return []
    return [{ service, dockerfile, context, target: value.build.target }]
  })
}

function read(text: string): z.output<typeof Compose> {
  try {
    return Compose.parse(parse(text, { merge: true }))
  } catch {
    return { services: {} }
  }
}
