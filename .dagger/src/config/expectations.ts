import { z } from "zod"

import type { Config } from "./schema.js"

const Answer = z.object({
  /** Absent: any that a probe takes for a healthy one, 200 to 399. */
  status: z.number().optional(),
  contains: z.string().optional(),
  json: z.unknown().optional(),
})
export type ExpectedAnswer = z.infer<typeof Answer>

const common = { name: z.string(), method: z.string(), url: z.string(), headers: z.record(z.string(), z.string()) }
const AskedRequest = z.object({
  ...common,
  /** The application that is asked. */
  to: z.string(),
  signedIn: z.boolean(),
  /** Whether the files that its HTML names are asked for, too. */
  page: z.boolean().default(false),
  /** Requests a second on each kind of connection. */
  rate: z.number(),
  /** Of one that is sent through the public URL: its address inside the cluster. */
  inside: z.string().optional(),
  expect: Answer,
})
export type AskedRequest = z.infer<typeof AskedRequest>

const SignInStep = z.object({
  ...common,
  json: z.unknown().optional(),
  form: z.record(z.string(), z.string()).optional(),
  expect: Answer,
  capture: z.record(z.string(), z.string()),
})

/** What a release has to answer while it is deployed. It is recorded with the release, so it stands by itself. */
export const Expectations = z.object({
  requests: z.array(AskedRequest),
  signIn: z.array(SignInStep),
  /** Keys of the applications' Secret that texts refer to. */
  secrets: z.array(z.string()),
  /** The steps of the handshake; none in earlier records. */
  handshake: z.array(SignInStep.extend({ to: z.string() })).default([]),
})
export type Expectations = z.infer<typeof Expectations>

/** How an application is reached from inside the namespace. */
interface Address {
  /** For example http://backend:80. */
  url: string
  /** The path at which it says how it is, and the headers that the manifests' probes send. */
  health: string
  probeHeaders: Record<string, string>
}

/** Of each application that answers requests. */
export type Addresses = Record<string, Address>

/** The config's monitor and handshake, at the addresses that the manifests' Services have, for the address that users open. */
export function expectationsOf(config: Config, publicUrl: string, addresses: Addresses): Expectations {
  const { requests, signIn, secrets } = config.monitor
  const own = Expectations.parse({
    requests: requests.map(request => addressed(request, addresses)),
    signIn: signIn.map(step => addressed(step, addresses)),
    secrets,
    handshake: config.handshake.map(step => addressed(step, addresses)),
  })
  // An origin has no character that JSON escapes.
  return JSON.parse(JSON.stringify(own).replaceAll("${PUBLIC_URL}", publicUrl)) as Expectations
}

/**
 * A request at the address of the application that it asks, in the name of the host that the probes ask for: the application
 * may answer no other. What else they send may be for its health alone.
 */
export function addressed<Request extends { to: string; path: string; headers: Record<string, string> }>(
  request: Request,
  addresses: Addresses,
): Request & { url: string } {
  const { url, health, probeHeaders } = addresses[request.to]!
  const own = Object.keys(request.headers).map(name => name.toLowerCase())
  const defaults = Object.entries(probeHeaders).filter(
    ([name]) => (name === "Host" || request.path === health) && !own.includes(name.toLowerCase()),
  )
  return { ...request, url: url + request.path, headers: { ...Object.fromEntries(defaults), ...request.headers } }
}
