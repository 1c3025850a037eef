import { DEFAULT_GRACE } from "../../manifests/pods.js"
import type { OciImage } from "../image/oci.js"
import type { PodSettings } from "./pod.js"

/** How an image is run to be looked at; what trial.py reads. */
export interface TrialSettings {
  command: string[]
  env: Record<string, string>
  user: string
  workdir: string
  /** Unset: it answers no requests, and has none of the following. */
  port?: number
  /** Path that answers as long as the process lives. */
  health?: string
  /** Path of a POST whose body the application reads. */
  inFlight?: string
  /** Headers of its requests, which are those of the probes. */
  headers: Record<string, string>
  /** Folders that are writable whatever the root is. */
  writable: string[]
  /** Seconds from SIGTERM until it is killed. */
  grace: number
  /** Seconds for which it is waited for. */
  patience: number
}

/** Where an image answers. */
export interface Endpoint {
  port: number
  health: string
  inFlight?: string
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
/** How much longer than allowed a start is waited for: how long it takes is worth knowing. */
const PATIENCE = 3

/** What an image says of how it is run. */
export type ImageCommand = Pick<OciImage, "entrypoint" | "args" | "env" | "user" | "workdir">

/** What the image says, but for what its pod says otherwise. Without an endpoint it answers no requests. */
export function trialSettings(
  image: ImageCommand,
  endpoint: Endpoint | undefined,
  pod: PodSettings,
  startup: number,
): TrialSettings {
  return {
    command: [...(pod.command ?? image.entrypoint), ...(pod.args ?? (pod.command ? [] : image.args))],
    env: { PATH, HOME: "/", ...Object.fromEntries(image.env.map(nameAndValue)), ...pod.env },
    user: pod.user ?? image.user,
    workdir: pod.workdir || image.workdir || "/",
    ...(endpoint && {
      port: endpoint.port,
      health: endpoint.health,
      inFlight: endpoint.inFlight ?? endpoint.health,
    }),
    headers: pod.headers ?? {},
    writable: pod.writable ?? ["/tmp"],
    grace: pod.grace ?? DEFAULT_GRACE,
    patience: startup * PATIENCE,
  }
}

function nameAndValue(text: string): [string, string] {
  const at = text.indexOf("=")
  return [text.slice(0, at), text.slice(at + 1)]
}
