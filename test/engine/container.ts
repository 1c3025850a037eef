// Container: what it is, and the fields that only change its description.
import { posix } from "node:path"

import { GraphQLError } from "graphql"

import { addMakers } from "./evaluate.ts"
import { type Config, emptyConfig, type Port } from "./image.ts"
import { addLeaves } from "./leaf.ts"
import { recipe } from "./recipe.ts"
import type { Secret } from "./secret.ts"
import type { Service } from "./service.ts"
import { digestOf } from "./store.ts"
import type { Directory, File } from "./tree.ts"

export type Mount = { path: string } & (
  | { kind: "directory"; source: Directory; layers: string[]; readOnly: boolean; owner: string }
  | { kind: "file"; source: File; layers: string[]; owner: string }
  | { kind: "cache"; volume: string; source?: Directory; exclusive: boolean; owner: string }
  | { kind: "temp"; size?: number }
  | { kind: "secret"; source: Secret; mode: number; owner: string }
)

export interface Outcome {
  exitCode: number
  stdout: string
  stderr: string
  combined: string
}

/** Plain data throughout, so that equal containers have equal digests, whichever way they were made. */
export interface Container {
  /** Id of the image at the bottom; none for an empty container. */
  image?: string
  imageRef?: string
  /** Names of the layers above the image, the lowest first. */
  layers: string[]
  config: Config
  annotations: Record<string, string>
  mounts: Mount[]
  secretEnv: { name: string; source: Secret }[]
  bindings: { alias: string; service: Service }[]
  auth: { address: string; username: string; secret: Secret }[]
  /** Key of the last exec: what comes after it is another one than before it, even where it has changed no file. */
  ran?: string
  outcome?: Outcome
}

/** Everything that an exec can see. */
export const containerKey = ({
  outcome: _outcome,
  imageRef: _imageRef,
  auth: _auth,
  annotations: _annotations,
  bindings,
  ...visible
}: Container): string => digestOf({ ...visible, bindings: bindings.map(({ alias, service }) => [alias, service.key]) })

export const absolute = ({ config }: Container, path: string): string => posix.resolve("/", config.workdir, path)

export const expand = ({ config }: Container, text: string): string =>
  text.replace(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (_, braced, plain) => config.env.find(([name]) => name === (braced ?? plain))?.[1] ?? "",
  )

/** The maker of a field that takes a path, with `expand` and relative paths seen to. */
export const atPath =
  <T extends { path: string }>(change: (container: Container, args: T) => unknown) =>
  (container: Container, args: T & { expand?: boolean }) =>
    change(container, { ...args, path: absolute(container, args.expand ? expand(container, args.path) : args.path) })

const configure =
  (change: (config: Config, args: any) => Partial<Config>) =>
  (container: Container, args: any): Container => ({
    ...container,
    config: { ...container.config, ...change(container.config, args) },
  })

const mount = <T extends { path: string }>(make: (args: T) => Mount) =>
  atPath<T>((container, args): Container => ({
    ...container,
    mounts: [...container.mounts.filter(({ path }) => path !== args.path), make(args)],
  }))

const omit = <T>(record: Record<string, T>, name: string) =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name))
/** The login for a registry, by its host. */
export const authFor = ({ auth }: Pick<Container, "auth">, host: string) =>
  auth.find(({ address }) => address.replace(/^https?:\/\//, "").split("/")[0] === host)

/** There is no emulation of other machines. */
export const ownPlatform = (asked?: string | null): void => {
  if (asked && asked !== platform)
    throw new GraphQLError(`platform ${asked} is not supported by the embedded engine on ${platform}`)
}

const samePort = (a: { port: number; protocol: string }) => (b: Port) => a.port === b.port && a.protocol === b.protocol

addMakers({
  "Query.container": (_, { platform: asked }): Container => {
    ownPlatform(asked)
    return { layers: [], config: emptyConfig, annotations: {}, mounts: [], secretEnv: [], bindings: [], auth: [] }
  },
  "Query.cacheVolume": (_, { key }) => ({ volume: digestOf(["volume", key]).slice(0, 20) }),
  "Container.withEnvVariable": (container: Container, { name, value, expand: expanding }) =>
    configure(({ env }) => ({
      env: [...env.filter(([known]) => known !== name), [name, expanding ? expand(container, value) : value]],
    }))(container, {}),
  "Container.withoutEnvVariable": configure(({ env }, { name }) => ({ env: env.filter(([known]) => known !== name) })),
  "Container.withUser": configure((_, { name }) => ({ user: name })),
  "Container.withoutUser": configure(() => ({ user: "" })),
  "Container.withWorkdir": atPath((container, { path }) => configure(() => ({ workdir: path }))(container, {})),
  "Container.withoutWorkdir": configure(() => ({ workdir: "" })),
  "Container.withEntrypoint": configure((config, { args, keepDefaultArgs }) => ({
    entrypoint: args,
    args: keepDefaultArgs ? config.args : [],
  })),
  "Container.withoutEntrypoint": configure((config, { keepDefaultArgs }) => ({
    entrypoint: [],
    args: keepDefaultArgs ? config.args : [],
  })),
  "Container.withDefaultArgs": configure((_, { args }) => ({ args })),
  "Container.withoutDefaultArgs": configure(() => ({ args: [] })),
  "Container.withLabel": configure(({ labels }, { name, value }) => ({ labels: { ...labels, [name]: value } })),
  "Container.withoutLabel": configure(({ labels }, { name }) => ({ labels: omit(labels, name) })),
  "Container.withExposedPort": configure(({ ports }, { experimentalSkipHealthcheck, ...port }) => ({
    ports: [
      ...ports.filter(known => !samePort(port)(known)),
      { ...port, skipHealthcheck: experimentalSkipHealthcheck },
    ],
  })),
  "Container.withoutExposedPort": configure(({ ports }, port) => ({
    ports: ports.filter(known => !samePort(port)(known)),
  })),
  "Container.withAnnotation": (container, { name, value }) => ({
    ...container,
    annotations: { ...container.annotations, [name]: value },
  }),
  "Container.withoutAnnotation": (container, { name }) => ({
    ...container,
    annotations: omit(container.annotations, name),
  }),
  "Container.withSecretVariable": (container: Container, { name, secret }) => ({
    ...container,
    secretEnv: [...container.secretEnv.filter(known => known.name !== name), { name, source: secret }],
  }),
  "Container.withoutSecretVariable": (container: Container, { name }) => ({
    ...container,
    secretEnv: container.secretEnv.filter(known => known.name !== name),
  }),
  "Container.withServiceBinding": (container: Container, { alias, service }) => ({
    ...container,
    bindings: [...container.bindings.filter(known => known.alias !== alias), { alias, service }],
  }),
  "Container.withRegistryAuth": (container: Container, { address, username, secret }) => ({
    ...container,
    auth: [...container.auth.filter(known => known.address !== address), { address, username, secret }],
  }),
  "Container.withoutRegistryAuth": (container: Container, { address }) => ({
    ...container,
    auth: container.auth.filter(known => known.address !== address),
  }),
  "Container.withMountedDirectory": mount(({ path, source, readOnly, owner }: any) => ({
    kind: "directory",
    path,
    source,
    readOnly,
    owner,
    layers: [],
  })),
  "Container.withMountedFile": mount(({ path, source, owner }: any) => ({
    kind: "file",
    path,
    source,
    owner,
    layers: [],
  })),
  "Container.withMountedSecret": mount(({ path, source, mode, owner }: any) => ({
    kind: "secret",
    path,
    source,
    mode,
    owner,
  })),
  "Container.withMountedTemp": mount(({ path, size }: any) => ({ kind: "temp", path, ...(size && { size }) })),
  "Container.withMountedCache": mount(({ path, cache, source, sharing, owner }: any) => ({
    kind: "cache",
    path,
    volume: cache.volume,
    exclusive: sharing !== "SHARED",
    owner,
    ...(source && { source }),
  })),
  "Container.withoutMount": atPath((container, { path }): Container => ({
    ...container,
    mounts: container.mounts.filter(known => known.path !== path),
  })),
})

const outcome =
  (read: (outcome: Outcome) => unknown) =>
  ({ outcome: known }: Container) => {
    if (!known) throw new GraphQLError("no command has been set")
    return read(known)
  }
const pairs = (type: string, list: [string, string][]) =>
  list.map(([name, value]) => recipe(type, `${type}.of`, undefined, { name, value }))
export const portRecipes = (ports: Port[]) =>
  ports.map(({ skipHealthcheck, ...port }) =>
    recipe("Port", "Port.of", undefined, { ...port, experimentalSkipHealthcheck: skipHealthcheck }),
  )

addMakers(
  Object.fromEntries(["EnvVariable", "Label", "Port"].map(type => [`${type}.of`, (_: unknown, args: object) => args])),
)
addLeaves(
  Object.fromEntries(
    [
      "EnvVariable.name",
      "EnvVariable.value",
      "Label.name",
      "Label.value",
      "Port.description",
      "Port.experimentalSkipHealthcheck",
      "Port.port",
      "Port.protocol",
    ].map(field => [field, (value: Record<string, unknown>) => value[field.split(".")[1]!] ?? null]),
  ),
)

addLeaves({
  "Container.stdout": outcome(({ stdout }) => stdout),
  "Container.stderr": outcome(({ stderr }) => stderr),
  "Container.combinedOutput": outcome(({ combined }) => combined),
  "Container.exitCode": outcome(({ exitCode }) => exitCode),
  "Container.user": ({ config }: Container) => config.user,
  "Container.workdir": ({ config }: Container) => config.workdir,
  "Container.entrypoint": ({ config }: Container) => config.entrypoint,
  "Container.defaultArgs": ({ config }: Container) => config.args,
  "Container.platform": () => platform,
  "Container.label": ({ config }: Container, { name }) => config.labels[name] ?? null,
  "Container.labels": ({ config }: Container) => pairs("Label", Object.entries(config.labels)),
  "Container.envVariable": ({ config }: Container, { name }) =>
    config.env.find(([known]) => known === name)?.[1] ?? null,
  "Container.envVariables": ({ config }: Container) => pairs("EnvVariable", config.env),
  "Container.exposedPorts": ({ config }: Container) => portRecipes(config.ports),
  "Container.mounts": ({ mounts }: Container) => mounts.map(({ path }) => path),
  "Container.imageRef": ({ imageRef }: Container) => {
    if (!imageRef)
      throw new GraphQLError(
        "Image reference can only be retrieved immediately after the 'Container.From' call. Error in fetching imageRef as the container image is changed",
      )
    return imageRef
  },
})

export const platform = `linux/${process.arch === "arm64" ? "arm64" : "amd64"}`
