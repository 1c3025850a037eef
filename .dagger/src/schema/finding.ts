import { z } from "zod"

import { describeFailure, RequestFailure } from "../monitor/request-failure.js"

/** Whose code, or whose migrations: those of the release that runs, or of the one that is deployed. */
export const Code = z.enum(["running", "new"])
export type Code = z.infer<typeof Code>

/** Why code and schema were not tried together, or how they failed. */
export const Finding = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("no-previous-release") }),
  z.object({ kind: z.literal("no-services") }),
  z.object({ kind: z.literal("no-expectations") }),
  z.object({ kind: z.literal("nothing-asked") }),
  z.object({ kind: z.literal("tool"), why: z.string() }),
  z.object({ kind: z.literal("timed-out"), waitedFor: z.string(), seconds: z.number() }),
  z.object({ kind: z.literal("migration"), of: Code, job: z.string(), how: z.string() }),
  z.object({ kind: z.literal("start"), of: Code, application: z.string(), how: z.string() }),
  z.object({
    kind: z.literal("request"),
    of: Code,
    application: z.string().optional(),
    request: z.string(),
    failure: RequestFailure,
  }),
])
export type Finding = z.infer<typeof Finding>

type Kind = Finding["kind"]
type Of<K extends Kind> = Extract<Finding, { kind: K }>

/** The release that code or migrations are of, for a person. */
export const CODES: Record<Code, string> = { running: "the running release", new: "this release" }

const TEXTS: { [K in Kind]: (finding: Of<K>) => string } = {
  "no-previous-release": () => "no release runs that this module has recorded",
  "no-services": () =>
    "cloud-native.yaml names no database that containers could have: add it to services, and its name to ephemeral.services",
  "no-expectations": () =>
    "the record of the running release is of an earlier version, and does not say what it answers",
  "nothing-asked": () => "the running release is asked nothing: its monitor.requests and its handshake are empty",
  tool: ({ why }) => why,
  "timed-out": ({ waitedFor, seconds }) => `waited ${seconds} s for ${waitedFor}`,
  migration: ({ of, job, how }) => `the migration ${job} of ${CODES[of]} failed: ${how}`,
  start: ({ of, application, how }) => `${application} of ${CODES[of]} does not run: ${how}`,
  request: ({ of, application, request, failure }) =>
    `${request}${application ? `, of ${application}` : ""}, of ${CODES[of]}: ${describeFailure(failure)}`,
}

export function describeFinding<K extends Kind>(finding: Of<K>): string {
  return TEXTS[finding.kind](finding)
}
