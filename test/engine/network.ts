// The session's own network and the names of its containers.
import { podman } from "../lab/podman.ts"
import { session } from "./store.ts"

export const label = `cloud-native.engine=${session}`

const networkName = (of: string): string => `cloud-native-${of}`

let network: Promise<{ name: string; subnet: string }> | undefined

const subnetOf = async (name: string): Promise<string | undefined> => {
  const { exitCode, stdout } = await podman(["network", "inspect", name], { check: false })
  return exitCode === 0 ? (JSON.parse(stdout) as [{ subnets: { subnet: string }[] }])[0].subnets[0]?.subnet : undefined
}

/** Without name service: each container is told the names it may use. */
const create = async () => {
  const name = networkName(session)
  await podman(["network", "create", "--disable-dns", "--label", label, name])
  return { name, subnet: (await subnetOf(name))! }
}

/** Takes away a session's network, and the containers in it. */
export const removeNetwork = async (of: string): Promise<void> => {
  if (await subnetOf(networkName(of)))
    await podman(["network", "rm", "--force", "--time", "0", networkName(of)], { check: false })
}
export const sessionNetwork = async (): Promise<string> => (await (network ??= create())).name

let services = 0
/** Addresses of services come from the top of the network, podman gives its own from the bottom. */
export const serviceAddress = async (): Promise<string> => {
  const [base = ""] = (await (network ??= create())).subnet.split("/")
  return base.replace(/\d+$/, String(254 - (services++ % 200)))
}

let containers = 0
export const containerName = (): string => `cloud-native-engine-${session}-${containers++}`
