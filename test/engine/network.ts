// The session's own network: a bridge, and a namespace with an address for each container. Podman's takes ten times as long to set up.
import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { withLock } from "../lab/cache.ts"
import { NETWORKS, preparePodman } from "../lab/podman.ts"
import { run } from "../lab/process.ts"
import { session } from "./store.ts"

export interface Namespace {
  path: string
  ip: string
  close(): Promise<void>
}

interface Network {
  /** The address of its container number 0. */
  base: string
  /** Numbers of addresses that no container has, the one that has been so for longest first. */
  free: number[]
}

const ip = (lines: string[], ...flags: string[]) => run(["ip", ...flags, "-batch", "-"], { input: lines.join("\n") })

/** Where `ip netns` has them. */
const NAMESPACES = "/run/netns"

const bridgeOf = (of: string): string => `cn${of.slice(-8)}`
const GATEWAY = 1
const numbered = (base: string, number: number): string => base.replace(/\d+$/, String(number))

/** The highest network of the lab's range that this machine does not have: Podman hands them out from the lowest. */
const freeBase = async (): Promise<string> => {
  const { stdout } = await run(["ip", "-4", "-json", "address"])
  const known = (JSON.parse(stdout) as { addr_info: { local: string }[] }[]).flatMap(({ addr_info }) =>
    addr_info.map(({ local }) => numbered(local, 0)),
  )
  const bases = Array.from({ length: 256 }, (_, i) => NETWORKS.replace(/\d+\.\d+\/\d+$/, `${255 - i}.0`))
  const base = bases.find(base => !known.includes(base))
  if (!base) throw new Error(`all networks of ${NETWORKS} are in use: end other sessions of the engine`)
  return base
}

/** What containers send may leave, under the host's address, and is answered. */
const RULES = [
  ["nat", "POSTROUTING", "--source", NETWORKS, "!", "--destination", NETWORKS, "--jump", "MASQUERADE"],
  ["filter", "FORWARD", "--source", NETWORKS, "--jump", "ACCEPT"],
  ["filter", "FORWARD", "--destination", NETWORKS, "--jump", "ACCEPT"],
] as const

const openWay = async (): Promise<void> => {
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1")
  for (const [table, chain, ...rule] of RULES) {
    const iptables = (action: string, check: boolean) =>
      run(["iptables", "--wait", `--table=${table}`, action, chain, ...rule], { check })
    // Before what a firewall may refuse at its end.
    if ((await iptables("--check", false)).exitCode !== 0) await iptables("--insert", true)
  }
}

const create = async (): Promise<Network> => {
  await preparePodman()
  return withLock("engine networks", async () => {
    await openWay()
    const [bridge, base] = [bridgeOf(session), await freeBase()]
    await ip([
      // The first namespace of a machine makes the folder of all of them.
      `netns add ${bridge}`,
      `netns delete ${bridge}`,
      // With a hardware address of its own, which it would else take from a container that may go.
      `link add name ${bridge} address 02:00:${bridge.slice(-8).replace(/..(?=.)/g, "$&:")} type bridge`,
      `address add ${numbered(base, GATEWAY)}/24 dev ${bridge}`,
      `link set ${bridge} up`,
    ])
    return { base, free: Array.from({ length: 253 }, (_, i) => GATEWAY + 1 + i) }
  })
}

let network: Promise<Network> | undefined
let opened = 0

/** A namespace for one container, in the session's network. */
export const openNamespace = async (): Promise<Namespace> => {
  const { base, free } = await (network ??= create())
  const number = free.shift()
  if (number === undefined) throw new Error("the session's network has no address left: 253 containers run")
  const bridge = bridgeOf(session),
    name = `${bridge}-${opened++}`,
    outside = `${bridge.slice(0, 8)}.${opened.toString(36)}`,
    address = numbered(base, number)
  await ip([
    `netns add ${name}`,
    `link add ${outside} type veth peer name eth0 netns ${name}`,
    `link set ${outside} master ${bridge} up`,
  ])
  await ip(
    [
      `address add ${address}/24 dev eth0`,
      "link set lo up",
      "link set eth0 up",
      `route add default via ${numbered(base, GATEWAY)}`,
    ],
    "-netns",
    name,
  )
  return {
    path: join(NAMESPACES, name),
    ip: address,
    close: async () => {
      // A session that ends takes all of them away.
      await run(["ip", "netns", "delete", name], { check: false })
      free.push(number)
    },
  }
}

/** Takes away a session's network; its containers may be doing so themselves. */
export const removeNetwork = async (of: string): Promise<void> => {
  if (!existsSync(NAMESPACES)) return
  const own = readdirSync(NAMESPACES).filter(name => name.startsWith(`${bridgeOf(of)}-`))
  for (const name of own) await run(["ip", "netns", "delete", name], { check: false })
  await run(["ip", "link", "delete", bridgeOf(of)], { check: false })
}
