// Services: containers that run while somebody needs them, and ports of the host seen from containers.
import { connect, createServer, type Server } from "node:net"
import { setTimeout as pause } from "node:timers/promises"

import { GraphQLError } from "graphql"

import { run } from "../lab/process.ts"
import type { Outcome } from "./container.ts"
import { type Container, containerKey, portRecipes } from "./container.ts"
import { addMakers } from "./evaluate.ts"
import { commandOf, execError } from "./exec.ts"
import type { Port } from "./image.ts"
import { addLeaves } from "./leaf.ts"
import { prepare } from "./prepare.ts"
import { brief, log } from "./progress.ts"
import { start } from "./runc.ts"
import { digestOf, session } from "./store.ts"

interface ServiceOptions {
  args: string[]
  useEntrypoint: boolean
  insecureRootCapabilities: boolean
}
interface Forward {
  frontend?: number | null
  backend: number
}

export interface Service {
  key: string
  hostname?: string
  ports: Port[]
  container?: Container
  options?: ServiceOptions
  host?: { name: string; ports: Forward[] }
  tunnel?: { to: Service; ports: Forward[] }
}

export interface Bound {
  alias: string
  ip: string
}

interface Running {
  ip: string
  users: number
  /** Started by hand: it stays until it is stopped, or the session ends. */
  pinned: boolean
  ended?: Promise<Outcome>
  stop(): Promise<void>
  timer?: NodeJS.Timeout
}

const running = new Map<string, Promise<Running>>()

const answers = (host: string, port: number) =>
  new Promise<boolean>(resolve => {
    const socket = connect({ host, port, timeout: 1000 })
    const done = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket
      .on("connect", () => done(true))
      .on("error", () => done(false))
      .on("timeout", () => done(false))
  })

const endedEarly = (command: string[], outcome: Outcome): GraphQLError =>
  outcome.exitCode === 0 ? new GraphQLError("service exited before healthcheck") : execError(command, outcome)

/** Milliseconds that a service may take to end. */
const GRACE = 2000

const startContainer = async ({ container, options, ports }: Service): Promise<Running> => {
  const command = commandOf(container!, options!)
  const bound = await bind(container!.bindings)
  const prepared = await prepare(container!, options!, command, bound.hosts)
  const { ip } = prepared
  log(`service ${brief(command)}`)
  const process = start(prepared, { prefix: `service ${brief(command).slice(0, 24)}` })
  const ended = process.ended.finally(async () => {
    bound.release()
    await prepared.release()
  })
  let isOver = false
  const over = () => (isOver = true)
  ended.then(over, over)
  // A service lives no longer than those it needs.
  bound.failed.catch(() => process.stop())
  for (const { port, protocol, skipHealthcheck } of ports) {
    if (protocol === "UDP" || skipHealthcheck) continue
    while (!(await answers(ip, port))) {
      if (isOver) throw endedEarly(command, await ended)
      await pause(50)
    }
  }
  return {
    ip,
    users: 0,
    pinned: false,
    ended,
    stop: async () => {
      await process.stop(GRACE)
      await ended.catch(() => {})
    },
  }
}

let hostAddresses = 0

/** The host's port under an address of its own that containers reach: one more address of the loopback device. */
const startHost = async ({ host }: Service): Promise<Running> => {
  const { name, ports } = host!
  const tail = parseInt(session.slice(-4), 16)
  const ip = `10.213.${tail % 256}.${1 + (((tail >> 8) + hostAddresses++) % 254)}`
  await run(["ip", "address", "add", `${ip}/32`, "dev", "lo"])
  const servers = await Promise.all(
    ports.map(({ frontend, backend }) => forward(ip, frontend ?? backend, name, backend)),
  )
  return {
    ip,
    users: 0,
    pinned: false,
    stop: async () => {
      servers.forEach(server => server?.close())
      await run(["ip", "address", "delete", `${ip}/32`, "dev", "lo"], { check: false })
    },
  }
}

/** Passes connections on. Undefined when the port is taken by a server that listens on every address: it answers there too. */
const forward = (ip: string, port: number, toHost: string, toPort: number): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer(socket => {
      const other = connect({ host: toHost, port: toPort })
      socket.pipe(other).pipe(socket)
      // Of a container that is gone nobody says so: its connection must not keep this process.
      for (const end of [socket, other]) end.unref()
      socket.on("error", () => other.destroy()).on("close", () => other.destroy())
      other.on("error", () => socket.destroy()).on("close", () => socket.destroy())
    })
    server.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" && ip !== "127.0.0.1" ? resolve(undefined) : reject(error),
    )
    server.listen(port, ip, () => resolve(server))
  })

const startTunnel = async ({ tunnel }: Service): Promise<Running> => {
  const { to, ports } = tunnel!,
    target = await acquire(to)
  const servers = await Promise.all(
    ports.map(({ frontend, backend }) => forward("127.0.0.1", frontend ?? 0, target.ip, backend)),
  )
  servers.forEach((server, i) => {
    ports[i]!.frontend = (server!.address() as { port: number }).port
  })
  return {
    ip: "127.0.0.1",
    users: 0,
    pinned: false,
    stop: async () => {
      servers.forEach(server => server!.close())
      release(to)
    },
  }
}

const ensure = (service: Service): Promise<Running> => {
  const known = running.get(service.key)
  if (known) return known
  const started = service.host ? startHost(service) : service.tunnel ? startTunnel(service) : startContainer(service)
  running.set(service.key, started)
  const forget = () => running.get(service.key) === started && running.delete(service.key)
  started.then(({ ended }) => ended?.then(forget, forget), forget)
  return started
}

const acquire = async (service: Service): Promise<Running> => {
  const started = await ensure(service)
  started.users++
  clearTimeout(started.timer)
  return started
}

/** A service that nobody uses any more goes after a while: the next user is often near. */
const release = (service: Service): void => {
  void running.get(service.key)?.then(
    started => {
      started.users--
      if (started.users > 0 || started.pinned) return
      started.timer = setTimeout(() => void halt(service), 10_000)
      started.timer.unref()
    },
    () => {},
  )
}

const halt = async (service: Service): Promise<void> => {
  const started = await running.get(service.key)?.catch(() => undefined)
  running.delete(service.key)
  await started?.stop()
}

export const pin = async (service: Service): Promise<Running> => {
  const started = await ensure(service)
  started.pinned = true
  return started
}

/** Where a registry that is a service is reached; the port is that of the name it goes by. */
export const registryAddress = async (service: Service, host: string): Promise<string> =>
  `${(await pin(service)).ip}:${host.split(":")[1] ?? service.ports[0]?.port}`

export const stopServices = async (): Promise<void> => {
  await Promise.all([...running.values()].map(async started => (await started.catch(() => undefined))?.stop()))
  running.clear()
}

const nameOf = ({ key, hostname }: Service): string => hostname ?? key.slice(0, 13)

/** Starts the services a container is bound to; `failed` is how it learns that one of them died. */
export const bind = async (bindings: Container["bindings"]) => {
  const started = await Promise.all(
    bindings.map(async ({ alias, service }) => {
      try {
        return { alias, service, running: await acquire(service) }
      } catch (error) {
        const { message, extensions } = error as GraphQLError
        throw new GraphQLError(`start ${nameOf(service)} (aliased as ${alias}): ${message}`, { extensions })
      }
    }),
  )
  let released = false
  const failed = new Promise<never>((_, reject) =>
    started.forEach(
      ({ alias, service, running: { ended } }) =>
        void ended?.then(({ exitCode }) => {
          if (!released)
            reject(
              new GraphQLError(`bound service ${nameOf(service)} (aliased as ${alias}) exited: exit code: ${exitCode}`),
            )
        }, reject),
    ),
  )
  failed.catch(() => {})
  const hosts: Bound[] = started.flatMap(({ alias, service, running: { ip } }) =>
    [alias, nameOf(service)].map(name => ({ alias: name, ip })),
  )
  return {
    hosts,
    failed,
    release: () => {
      released = true
      started.forEach(({ service }) => release(service))
    },
  }
}

addMakers({
  "Container.asService": (container: Container, options: ServiceOptions): Service => ({
    key: digestOf(["service", containerKey(container), options]),
    container,
    options,
    ports: container.config.ports,
  }),
  "Service.withHostname": (service: Service, { hostname }): Service => ({
    ...service,
    hostname,
    key: digestOf([service.key, hostname]),
  }),
  // The host may answer differently each time: nothing that used it is remembered beyond the session.
  "Host.service": (_, { host, ports }): Service => ({
    key: digestOf(["host", session, host, ports]),
    host: { name: host, ports },
    ports: ports.map(({ frontend, backend, protocol }: Forward & { protocol: Port["protocol"] }) => ({
      port: frontend ?? backend,
      protocol,
      skipHealthcheck: false,
    })),
  }),
  "Host.tunnel": (_, { service, native, ports }): Service => {
    const forwards: Forward[] =
      ports.length > 0
        ? ports
        : service.ports.map(({ port }: Port) => ({ backend: port, ...(native && { frontend: port }) }))
    return {
      key: digestOf(["tunnel", service.key, forwards]),
      tunnel: { to: service, ports: forwards },
      ports: service.ports,
    }
  },
})

/** Serves a service's ports on the host until it ends. */
export const up = async (service: Service, ports: Forward[], random = false): Promise<never> => {
  const { ip, ended } = await pin(service)
  const wanted: Forward[] =
    ports.length > 0 ? ports : service.ports.map(({ port }) => ({ backend: port, frontend: random ? 0 : port }))
  if (wanted.length === 0) throw new GraphQLError("no ports to forward")
  for (const { frontend, backend } of wanted) {
    const server = await forward("127.0.0.1", frontend ?? 0, ip, backend)
    process.stderr.write(
      `tunnel started: http://localhost:${(server!.address() as { port: number }).port} -> ${backend}\n`,
    )
  }
  const outcome = await (ended ?? new Promise<never>(() => {}))
  throw new GraphQLError(`service exited: exit code: ${outcome.exitCode}`)
}

addLeaves({
  "Service.start": async (service: Service, _, { id }) => {
    await pin(service)
    return id
  },
  "Service.stop": async (service: Service, _, { id }) => {
    await halt(service)
    return id
  },
  "Service.ports": (service: Service) => portRecipes(service.ports),
  // Addresses instead of names: they hold in every container of the session and in the module's own process.
  "Service.hostname": async (service: Service) => service.hostname ?? (await pin(service)).ip,
  "Service.endpoint": async (service: Service, { port, scheme }) => {
    const { ip } = await pin(service)
    const at = port ?? service.tunnel?.ports[0]?.frontend ?? service.ports[0]?.port
    if (!at) throw new GraphQLError("no ports exposed")
    return `${scheme ? `${scheme}://` : ""}${ip}:${at}`
  },
  "Service.up": (service: Service, { ports, random }) => up(service, ports, random),
})
