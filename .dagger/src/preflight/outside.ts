import type { Config } from "../config/schema.js"
import { isLoopback } from "../registry/reference.js"
import { CloudNativeError } from "../util/errors.js"

/** Throw where the monitor is to ask an address that leads each machine to itself, its own pod as well. */
export function assertOutside({ monitor }: Pick<Config, "monitor">, publicUrl: string): void {
  if (!monitor.outside || !isLoopback(new URL(publicUrl).host)) return
  throw new CloudNativeError({
    code: "ARGUMENTS_INVALID",
    blame: "user",
    what: `the monitor cannot send requests from outside (monitor.outside) to ${publicUrl}`,
    why: "that address leads each machine to itself, the monitor's pod as well",
    fix: "set the address that users open with --public-url, or publicUrl in cloud-native.yaml; or take monitor.outside out",
  })
}
