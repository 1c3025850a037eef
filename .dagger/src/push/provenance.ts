import { z } from "zod"

import { nameOf, parseReference } from "../registry/reference.js"
import type { FactRow } from "../verify/facts.js"

/** SLSA provenance, as an in-toto statement: https://slsa.dev/spec/v1.0/provenance. */
export const PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
const STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
/** What the parameters and dependencies below mean. */
const BUILD_TYPE = "urn:cloud-native:build:v1"

/** What is known of an application's image when it has been pushed. */
export interface Origin {
  /** Name of the config. */
  name: string
  application: string
  dockerfile: string
  /** Digest of the source's content, as algorithm:hex. */
  source: string
  /** The commit, where the image is labelled with one. */
  revision?: string
  /** The image it is built on. */
  base: { name: string; digest: string }
  /** Digest of the SBOM's referrer. */
  sbom: string
  facts: FactRow[]
  /** Versions of what built it, by name. */
  versions: Record<string, string>
}

/** How an image came about, and what was verified of it. The same for the same image of the same source. */
export function provenanceOf({ name, application, dockerfile, source, revision, base, sbom, facts, versions }: Origin) {
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { name, application, dockerfile },
      resolvedDependencies: [
        { name: "source", digest: digestSet(source), ...(revision && { annotations: { revision } }) },
        { name: base.name, digest: digestSet(base.digest) },
      ],
    },
    runDetails: {
      builder: { id: "urn:cloud-native:module", version: versions },
      byproducts: [
        { name: "sbom", digest: digestSet(sbom) },
        {
          name: "verification",
          annotations: { passed: facts.every(({ verdict }) => verdict !== "fail"), facts: facts.map(judged) },
        },
      ],
    },
  }
}

/** Without what is measured, as the seconds of a start: the next time that would be another. */
function judged({ name, limit, verdict }: FactRow): Pick<FactRow, "name" | "limit" | "verdict"> {
  return { name, limit, verdict }
}

/** An in-toto statement about an image, referred to by digest. */
export function statementOf(reference: string, predicate: object) {
  const image = parseReference(reference)
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: nameOf(image), digest: digestSet(image.digest!) }],
    predicateType: PREDICATE_TYPE,
    predicate,
  }
}

const Statement = z.object({
  _type: z.string(),
  predicateType: z.literal(PREDICATE_TYPE),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })),
  predicate: z.object({
    buildDefinition: z.object({
      buildType: z.string(),
      externalParameters: z.object({ name: z.string(), application: z.string() }),
    }),
    runDetails: z.object({
      byproducts: z.array(z.object({ name: z.string(), annotations: z.object({ passed: z.boolean() }).optional() })),
    }),
  }),
})

/** Why a statement, whose signature is good, does not vouch for an application's image; undefined: it does. */
export function statementProblem(
  statement: unknown,
  { name, application, digest }: { name: string; application: string; digest: string },
): string | undefined {
  const read = Statement.safeParse(statement)
  if (!read.success || read.data.predicate.buildDefinition.buildType !== BUILD_TYPE) return "it is of another builder"
  const { subject, predicate } = read.data
  const { externalParameters: parameters } = predicate.buildDefinition
  if (!subject.some(item => `sha256:${item.digest.sha256}` === digest)) return "it is about another image"
  if (parameters.name !== name) return `it is about an image of ${parameters.name}, not of ${name}`
  if (parameters.application !== application) return `it is about the ${parameters.application}, not the ${application}`
  const passed = predicate.runDetails.byproducts.find(item => item.name === "verification")?.annotations?.passed
  return passed ? undefined : "it does not say that the image passed its verification"
}

/** sha256:… → { sha256: … } */
function digestSet(digest: string): Record<string, string> {
  const [algorithm, value] = digest.split(":")
  return { [algorithm!]: value! }
}
