import { AsyncLocalStorage } from "node:async_hooks"
import { subscribe } from "node:diagnostics_channel"
import type { ClientRequest } from "node:http"

import { CloudNativeError } from "./errors.js"

/** Seconds that work may take. */
const TIMEOUT = 600

/** For each time that work is within, the outermost first, the requests that it has made. */
const made = new AsyncLocalStorage<ClientRequest[][]>()
subscribe("http.client.request.start", message => {
  for (const requests of made.getStore() ?? []) requests.push((message as { request: ClientRequest }).request)
})

/**
 * The result of some work, if it ends in time. If not, its queries are given up: Dagger's SDK has no way to, and a function's process,
 * and so the call, does not end before the last of them.
 */
export async function within<T>(
  work: () => Promise<T>,
  name: string,
  seconds = TIMEOUT,
  fix = "see what it waits for, and try again",
): Promise<T> {
  const requests: ClientRequest[] = []
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(timedOut(name, seconds, fix))
      for (const request of requests) request.destroy()
    }, seconds * 1000)
  })
  const all = [...(made.getStore() ?? []), requests]
  return Promise.race([made.run(all, async () => work()), timeout]).finally(() => clearTimeout(timer))
}

function timedOut(name: string, seconds: number, fix: string): CloudNativeError {
  return new CloudNativeError({
    code: "TIMED_OUT",
    blame: "environment",
    what: `${name} did not end`,
    why: `it had ${seconds} s`,
    fix,
  })
}
