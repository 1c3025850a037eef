import { setTimeout as sleep } from "node:timers/promises"

import type { Service } from "@dagger.io/dagger"
import { z } from "zod"

import { CloudNativeError, messageOf } from "../util/errors.js"
import { readShape } from "../util/json.js"
import { quietly } from "../util/quietly.js"
import { leastOffset } from "./clock.js"
import type { Kubectl } from "./kubectl.js"
import { isTransient } from "./retry.js"

const PORT = 8001
/** Milliseconds for one answer. */
const TIMEOUT = 10_000
/** Milliseconds for which an API server may be away: one that restarts takes half a minute. */
const PATIENCE = 60_000
/** Milliseconds between two attempts. */
const PAUSE = 500

/** The kinds that are read, by the path of their collection. */
const COLLECTIONS = {
  pods: "api/v1",
  events: "api/v1",
  secrets: "api/v1",
  configmaps: "api/v1",
  services: "api/v1",
  deployments: "apis/apps/v1",
  replicasets: "apis/apps/v1",
  statefulsets: "apis/apps/v1",
  daemonsets: "apis/apps/v1",
  controllerrevisions: "apis/apps/v1",
  jobs: "apis/batch/v1",
  horizontalpodautoscalers: "apis/autoscaling/v2",
  leases: "apis/coordination.k8s.io/v1",
} as const
export type Collection = keyof typeof COLLECTIONS

/** An object as the API server answers it; an item of a list does not name its own kind. */
export const RawObject = z.looseObject({ metadata: z.looseObject({ uid: z.string() }) })
export type RawObject = z.infer<typeof RawObject>
const RawList = z.object({ metadata: z.object({ resourceVersion: z.string() }), items: z.array(RawObject) })

/** One line of a watch; in place of an object, an ERROR has what is wrong. */
const Change = z.object({ type: z.enum(["ADDED", "MODIFIED", "DELETED"]), object: RawObject })
export type Change = z.infer<typeof Change>

/** What an object is found by; its content is left out. */
const Metadata = z.object({
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
})
export type Metadata = z.infer<typeof Metadata>["metadata"]
/** Where there is none, the items of such a list are null. */
const MetadataList = z.object({ items: z.array(Metadata).nullish() })
const METADATA_ALONE = { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" }

/**
 * Reads one namespace of a cluster over one connection: a `kubectl proxy` under a path that nobody can guess, which
 * passes on nothing but GETs of the kinds above. What is read this way appears in no log, in contrast to what a command prints.
 */
export class Api {
  /** Milliseconds by which the cluster's clock is ahead of this machine's; unset until it has answered. */
  private ahead?: number

  private constructor(
    private readonly base: string,
    private readonly namespace: string,
    private readonly service?: Service,
  ) {}

  static async open(kubectl: Kubectl): Promise<Api> {
    const prefix = `/${crypto.randomUUID()}/`
    const proxy = kubectl.serve(proxyArguments(prefix, kubectl.namespace), PORT)
    const service = await quietly("connection to the cluster", () => proxy.start())
    return new Api(`${await service.endpoint({ scheme: "http" })}${prefix}`, kubectl.namespace, service)
  }

  /** An API that answers at a URL already. */
  static at(url: string, namespace: string): Api {
    return new Api(url, namespace)
  }

  /** One object; undefined where the API server answers with one of the statuses in `absent`: by default where there is none. */
  async get<T>(collection: Collection, name: string, shape: z.ZodType<T>, absent = [404]): Promise<T | undefined> {
    const answer = await this.ask(pathOf(this.namespace, collection, name), absent)
    return answer && readShape(shape, JSON.parse(answer.text), `${collection}/${name}`)
  }

  /** The objects of a collection that have all of these labels. */
  async list<T>(collection: Collection, shape: z.ZodType<T>, labels: Record<string, string> = {}): Promise<T[]> {
    const answer = await this.ask(pathOf(this.namespace, collection) + queryOf(labels))
    return answer ? readShape(z.object({ items: z.array(shape) }), JSON.parse(answer.text), collection).items : []
  }

  /** The same, of which nothing but the metadata leaves the API server. */
  async listMetadata(collection: Collection, labels: Record<string, string>): Promise<Metadata[]> {
    const answer = await this.ask(pathOf(this.namespace, collection) + queryOf(labels), [404], METADATA_ALONE)
    if (!answer) return []
    const { items } = readShape(MetadataList, JSON.parse(answer.text), collection)
    return (items ?? []).map(({ metadata }) => metadata)
  }

  /** The objects of a collection, whole, and the version to watch it from. */
  async listVersioned(collection: Collection): Promise<{ items: RawObject[]; version: string }> {
    const answer = await this.ask(pathOf(this.namespace, collection))
    if (!answer) return { items: [], version: "" }
    const { metadata, items } = readShape(RawList, JSON.parse(answer.text), collection)
    return { items, version: metadata.resourceVersion }
  }

  /** The changes of a collection since a version of it, each as it comes, until the API server ends the stream; throws where it refuses. */
  async *watch(collection: Collection, version: string, signal: AbortSignal): AsyncGenerator<Change> {
    const path = pathOf(this.namespace, collection)
    const answer = await fetch(`${this.base}${path}?watch=1&resourceVersion=${version}`, { signal })
    if (!answer.ok || !answer.body) throw failed(path, answer.status, reasonOf(await answer.text()))
    let rest = ""
    for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${text}`.split("\n")
      rest = lines.pop()!
      for (const line of lines) yield Change.parse(JSON.parse(line))
    }
  }

  /** The nodes of the cluster; none where the caller may not read them. */
  async nodes<T>(shape: z.ZodType<T>): Promise<T[]> {
    const answer = await this.ask(NODES, [403, 404])
    return answer ? readShape(z.object({ items: z.array(shape) }), JSON.parse(answer.text), "nodes").items : []
  }

  /** What a container has written; undefined where its pod is gone, or the container has not started yet. */
  async log(pod: string, options: Record<string, string> = {}): Promise<string | undefined> {
    const path = `${pathOf(this.namespace, "pods", pod)}/log?${new URLSearchParams(options).toString()}`
    return (await this.ask(path, [400, 404]))?.text
  }

  /** Milliseconds since 1970 by the cluster's clock, which ages are computed with. */
  async now(): Promise<number> {
    if (this.ahead === undefined) await this.ask(pathOf(this.namespace, "pods") + "?limit=1")
    return Date.now() + (this.ahead ?? 0)
  }

  async close(): Promise<void> {
    await this.service?.stop()
  }

  /** Ask until there is an answer; undefined for the statuses that mean that there is nothing. */
  private async ask(path: string, absent = [404], headers: Record<string, string> = {}): Promise<Answer | undefined> {
    const begun = Date.now()
    for (let tries = 1; ; tries++) {
      const sent = Date.now()
      const answer = await this.attempt(path, headers)
      if (answer.status === 200) {
        this.ahead ??= leastOffset(Date.parse(answer.date), sent, Date.now())
        return answer
      }
      if (absent.includes(answer.status)) return undefined
      const why = reasonOf(answer.text) || `status ${answer.status}`
      const isPassing = isTransientStatus(answer.status) || isTransient(why)
      if (!isPassing || Date.now() - begun > PATIENCE) throw failed(path, answer.status, why)
      if (tries === 1) console.log(`waiting: the API server does not answer: ${why}`)
      await sleep(PAUSE)
    }
  }

  /** A connection that breaks counts as an API server that does not answer; a proxy that has ended is started again. */
  private async attempt(path: string, headers: Record<string, string>): Promise<Answer> {
    try {
      const answer = await fetch(this.base + path, { headers, signal: AbortSignal.timeout(TIMEOUT) })
      return { status: answer.status, text: await answer.text(), date: answer.headers.get("date") ?? "" }
    } catch (error) {
      await this.service?.start().catch(() => undefined)
      return { status: 502, text: messageOf(error), date: "" }
    }
  }
}

interface Answer {
  status: number
  text: string
  /** By the API server's clock, as HTTP has it; empty where it did not answer. */
  date: string
}

const NODES = "api/v1/nodes"

function pathOf(namespace: string, collection: Collection, name?: string): string {
  return [COLLECTIONS[collection], "namespaces", namespace, collection, name].filter(Boolean).join("/")
}

function queryOf(labels: Record<string, string>): string {
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  return selector.length > 0 ? `?labelSelector=${encodeURIComponent(selector.join(","))}` : ""
}

/** How `kubectl proxy` is started: GETs alone, of these collections, their objects, and the logs of pods. */
export function proxyArguments(prefix: string, namespace: string): string[] {
  const collections = (Object.keys(COLLECTIONS) as Collection[]).map(collection => pathOf(namespace, collection))
  const paths = [...collections.map(path => `${path}(/[^/]+)?`), `${pathOf(namespace, "pods")}/[^/]+/log`, NODES].map(
    path => `^/${path.replaceAll(".", "\\.")}$`,
  )
  return [
    "proxy",
    `--port=${PORT}`,
    "--address=0.0.0.0",
    "--accept-hosts=.*",
    "--reject-methods=^[^G]",
    `--api-prefix=${prefix}`,
    `--accept-paths=${paths.join(",")}`,
  ]
}

/** Statuses of an API server that is overloaded, restarts or changes its leader; 502 is the proxy's own. */
function isTransientStatus(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status)
}

const Status = z.object({ message: z.string() })

/** What the API server says is wrong; the proxy itself answers in plain text. */
function reasonOf(text: string): string {
  try {
    return Status.parse(JSON.parse(text)).message
  } catch {
    return text.trim()
  }
}

const FORBIDDEN = "Forbidden"

/** Whether an error of the connection says that the caller may not read that. */
export function isForbidden(error: unknown): boolean {
  return error instanceof CloudNativeError && error.kind === FORBIDDEN
}

function failed(path: string, status: number, why: string): CloudNativeError {
  return new CloudNativeError({
    code: "KUBECTL_FAILED",
    kind: status === 403 ? FORBIDDEN : undefined,
    blame: "environment",
    what: `reading ${path.split("?")[0]} failed with status ${status}`,
    why,
    fix: "fix what the API server names above",
  })
}
