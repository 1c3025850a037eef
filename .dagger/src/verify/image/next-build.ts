import { z } from "zod"

import { digestOf } from "../../util/digest.js"
import { readJson } from "../../util/json.js"
import type { DeepReadonly } from "../../util/readonly.js"

/** What a page that is open in a browser needs of the build that answers it; kept with the release. */
export const NextBuild = z.object({
  /** By which browsers tell builds apart: the deploymentId, else what Next.js calls the build. */
  id: z.string(),
  /** Digest of the names of the browsers' files, which carry digests of their content. */
  files: z.string(),
  /** Digest of the key that the ids of Server Actions are made with; never the key. */
  key: z.string().optional(),
  /** The names of its Server Actions, by id. */
  actions: z.record(z.string(), z.string()),
})
export type NextBuild = z.infer<typeof NextBuild>

/** What an open page of one build runs into when another one answers. */
export const Skew = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("other-key"), actions: z.array(z.string()) }),
  z.object({ kind: z.literal("lost-actions"), actions: z.array(z.string()) }),
  z.object({ kind: z.literal("same-id"), id: z.string() }),
])
export type Skew = z.infer<typeof Skew>

/** Files of the folder .next, as `next build` writes them; unset: there is no such file. */
export interface BuildFiles {
  buildId: string
  /** required-server-files.json */
  server?: string
  /** server/server-reference-manifest.json */
  references?: string
  /** The paths of what is below static/. */
  browser: string[]
}

const ServerFiles = z.object({ config: z.object({ deploymentId: z.string().optional() }).default({}) })
const Reference = z.object({ filename: z.string().optional(), exportedName: z.string().optional() })
const References = z.object({
  encryptionKey: z.string().optional(),
  node: z.record(z.string(), Reference).default({}),
  edge: z.record(z.string(), Reference).default({}),
})

/** Server Actions that a text names. */
const NAMED = 5

/** Throws where the files are not as this module knows them. */
export function readNextBuild({ buildId, server, references, browser }: BuildFiles): NextBuild {
  const { deploymentId } = ServerFiles.parse(JSON.parse(server ?? "{}")).config
  const { encryptionKey, node, edge } = References.parse(JSON.parse(references ?? "{}"))
  const actions = Object.entries({ ...edge, ...node }).filter(([id]) => !isCache(id))
  return {
    id: deploymentId || buildId.trim(),
    files: digestOf([...browser].sort()),
    ...(encryptionKey && { key: digestOf(encryptionKey) }),
    actions: Object.fromEntries(
      actions.map(([id, { filename, exportedName }]) => [
        id,
        filename && exportedName ? `${exportedName} in ${filename}` : id,
      ]),
    ),
  }
}

/** A build as text, which the objects of the chain carry. */
export function encodeBuild(build: NextBuild | undefined): string | undefined {
  return build && JSON.stringify(build)
}

export function decodeBuild(text: string | undefined): NextBuild | undefined {
  return text ? readJson(NextBuild, text, "the frontend's build that this object carries") : undefined
}

/** Functions with "use cache" are among the references; the first bit of their ids says so, since ids have such a byte in front. */
function isCache(id: string): boolean {
  return id.length === 42 && parseInt(id.slice(0, 2), 16) >= 0x80
}

/** What open pages of one build run into when the other one answers. */
export function skewOf(before: NextBuild, now: NextBuild): Skew[] {
  const lost = Object.entries(before.actions).filter(([id]) => !Object.hasOwn(now.actions, id))
  const kind = before.key === now.key ? "lost-actions" : "other-key"
  const actions = [...new Set(lost.map(([, name]) => name))].sort()
  const isUnseen = before.id === now.id && before.files !== now.files
  return [
    ...(lost.length > 0 ? [{ kind, actions } as const] : []),
    ...(isUnseen ? [{ kind: "same-id", id: now.id } as const] : []),
  ]
}

/** It, and what to do about it. */
export function describeSkew(skew: DeepReadonly<Skew>): string {
  if (skew.kind === "same-id")
    return `two builds of the frontend have the id ${skew.id}, so a page that is open does not notice the other build: give each build a NEXT_DEPLOYMENT_ID (or generateBuildId) of its own, or none`
  const { length } = skew.actions
  const more = length > NAMED ? [`${length - NAMED} more`] : []
  const names = [...skew.actions.slice(0, NAMED), ...more].join(", ")
  const lost = `${length} Server Actions of the build that ran are not in this one, so that pages which are open get "Failed to find Server Action" (${names})`
  return skew.kind === "other-key"
    ? `${lost}: each build has an encryption key of its own, which their ids are made with; build with the same NEXT_SERVER_ACTIONS_ENCRYPTION_KEY each time`
    : `${lost}: leave an action's file, name and parameters as they are for one release`
}
