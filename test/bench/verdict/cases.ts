// The cases as data, and the two releases of each as manifests.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { parse, parseAllDocuments } from "yaml"

import { type Edits, type Fault, namesOf, readControl, readFault } from "../../faults/case.ts"
import type { Manifest } from "../manifests.ts"
import type { Target } from "./timeline.ts"

/** The kind of the workload that a case is in. */
export type Kind = "Deployment" | "StatefulSet" | "Job"

export interface Case {
  /** As in crashes-at-once/StatefulSet. */
  name: string
  kind: "fault" | "control"
  family?: number
  workload: Kind
  edits: Edits
  target: Target
  /** What is in the namespace before, by kubectl. */
  given: string[][]
  /** What the module's error has to say. */
  expect: string[]
  /** What the cluster shows of the cause. */
  shown?: RegExp
}

const { faults, missed } = parse(readFileSync(join(import.meta.dirname, "cases.yaml"), "utf8")) as {
  faults: Record<string, Kind[]>
  missed: Record<string, string>
}

export const MISSED = missed

export const CASES: Case[] = [
  ...Object.entries(faults).flatMap(([name, kinds]) => kinds.map(kind => asCase(name, kind, readFault(name)))),
  ...namesOf("controls").map(name => ({
    name,
    kind: "control" as const,
    workload: "Deployment" as const,
    edits: readControl(name),
    target: { kind: "Deployment", name: "frontend" },
    given: [],
    expect: [],
  })),
]

function asCase(fault: string, workload: Kind, { family, given = [], expect, shown, ...edits }: Fault): Case {
  const isService = edits.edit.every(({ from }) => from.startsWith("selector: { app: "))
  const name = workload === "Job" ? "migrate" : "frontend"
  return {
    name: `${fault}/${workload}`,
    kind: "fault",
    family,
    workload,
    edits,
    target: isService ? { kind: "Service", name: "frontend" } : { kind: workload, name },
    given,
    // Its code and the rollback depend on the workload; the cause does not.
    expect: expect
      .filter(text => !/^[A-Z_]+$|^rolled back to$|^no pod was changed$/.test(text))
      .map(text => text.replace(/^Deployment frontend$/, `${workload} ${name}`)),
    shown: shown === undefined ? undefined : new RegExp(shown),
  }
}

/** The cases whose name, or its first part, is given; all of them where none is. */
export function chosen<T extends { name: string }>(cases: T[], names: string[]): T[] {
  if (names.length === 0) return cases
  return cases.filter(({ name }) => names.includes(name) || names.includes(name.split("/")[0]!))
}

/** The manifests of a release, put into the workload of the case. `text` is that of a Deployment; `before` that of the first release. */
export function manifestsFor(workload: Kind, text: string, before = text): Manifest[] {
  const [manifests, first] = [text, before].map(parsed) as [Manifest[], Manifest[]]
  if (workload === "StatefulSet") return manifests.map(asSet)
  return workload === "Job" ? intoJob(first, manifests) : manifests
}

function parsed(text: string): Manifest[] {
  return parseAllDocuments(text).map(document => document.toJS() as Manifest)
}

/** The frontend with two pods, so that one serves while the other is replaced. */
function asSet(manifest: Manifest): Manifest {
  if (!isFrontend(manifest)) return manifest
  return { ...manifest, kind: "StatefulSet", spec: { ...manifest.spec, replicas: 2, serviceName: "frontend" } }
}

/** What is new in the frontend's pod becomes the migration's, without what only a server has. */
function intoJob(first: Manifest[], next: Manifest[]): Manifest[] {
  const frontend = next.find(isFrontend)!
  if (JSON.stringify(frontend) === JSON.stringify(first.find(isFrontend))) return next
  const { containers, ...pod } = frontend.spec.template.spec
  const asTask = ({ ports: _, startupProbe: __, readinessProbe: ___, lifecycle: ____, ...container }: any) => container
  const template = { spec: { ...pod, restartPolicy: "Never", containers: containers.map(asTask) } }
  return first.map(manifest =>
    manifest.kind === "Job" ? { ...manifest, spec: { ...manifest.spec, template } } : manifest,
  )
}

function isFrontend({ kind, metadata }: Manifest): boolean {
  return kind === "Deployment" && metadata.name === "frontend"
}

/** Tell one round's faulty template from that of another round in the same namespace, so that its pods are new ones. */
export function marked(manifests: Manifest[], { kind, name }: Target, mark: string): Manifest[] {
  return manifests.map(manifest => {
    if (manifest.kind !== kind || manifest.metadata.name !== name || !manifest.spec.template) return manifest
    const { template } = manifest.spec
    const annotations = { ...template.metadata?.annotations, "bench/round": mark }
    const metadata = { ...template.metadata, annotations }
    return { ...manifest, spec: { ...manifest.spec, template: { ...template, metadata } } }
  })
}

/** What a careful user of kubectl or Helm sets: a Deployment makes progress within these seconds, a Job ends within them. */
export function withDeadline(manifests: Manifest[], seconds: number): Manifest[] {
  const deadlines: Record<string, object> = {
    Deployment: { progressDeadlineSeconds: seconds },
    Job: { activeDeadlineSeconds: seconds },
  }
  return manifests.map(manifest =>
    manifest.kind in deadlines ? { ...manifest, spec: { ...manifest.spec, ...deadlines[manifest.kind] } } : manifest,
  )
}
