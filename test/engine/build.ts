// dockerBuild: Podman builds, from the base images of the lab's storage.
import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { GraphQLError } from "graphql"

import { ensureImage } from "../lab/images.ts"
import { podmanEnvironment } from "../lab/podman.ts"
import { type Container, ownPlatform } from "./container.ts"
import { missing } from "./directory.ts"
import { addMakers } from "./evaluate.ts"
import { execError } from "./exec.ts"
import { findImage, imageById } from "./image.ts"
import { within } from "./overlay.ts"
import { lineLogger, log } from "./progress.ts"
import { scrub, type Secret, secretFile } from "./secret.ts"
import { digestOf, once, recall, remember, scratch } from "./store.ts"
import { type Directory, directoryPath } from "./tree.ts"

interface BuildArgs {
  dockerfile: string
  platform?: string
  buildArgs: { name: string; value: string }[]
  target: string
  secrets: Secret[]
}

/** The images that a Dockerfile starts from or copies from. */
export const baseImages = (dockerfile: string, buildArgs: { name: string; value: string }[]): string[] => {
  const args = new Map<string, string>(),
    stages = new Set<string>(),
    images = new Set<string>()
  const fill = (text: string) =>
    text.replace(
      /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
      (_, braced, fallback, plain) => args.get(braced ?? plain) ?? fallback ?? "",
    )
  for (const line of dockerfile.replace(/\\\r?\n/g, " ").split("\n")) {
    const [, name, value] = /^\s*ARG\s+(\w+)(?:=(\S*))?/i.exec(line) ?? []
    if (name && stages.size === 0)
      args.set(name, buildArgs.find(arg => arg.name === name)?.value ?? (value ?? "").replace(/^["']|["']$/g, ""))
    const [, from, alias] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? []
    const [, copied] =
      /^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*--from=(\S+)/i.exec(line) ??
      /^\s*RUN\s.*--mount=\S*from=([^,\s]+)/i.exec(line) ??
      []
    for (const image of [from, copied].filter(name => name !== undefined).map(fill)) {
      if (!stages.has(image) && image !== "scratch" && !/^\d+$/.test(image)) images.add(image)
    }
    if (from) stages.add(alias ?? from)
  }
  return [...images]
}

/** The output of the step that failed, and the step's command. */
const failure = (output: string, stdout: string, stderr: string): GraphQLError => {
  const [, command, code] = /building at STEP "RUN (.*?)": while running runtime: exit status (\d+)/s.exec(stderr) ?? []
  const step = (text: string) => text.slice(text.lastIndexOf("\n", Math.max(text.lastIndexOf("STEP "), 0)) + 1)
  if (command === undefined)
    return new GraphQLError(
      stderr
        .trim()
        .split("\n")
        .filter(line => !line.startsWith("STEP"))
        .slice(-20)
        .join("\n")
        .replace(/^Error: /m, ""),
    )
  const quiet = (text: string) =>
    text
      .split("\n")
      .filter(line => !/^(\[\d+\/\d+\] )?STEP |^Error: building at STEP/.test(line))
      .join("\n")
  const clean = command.replace(/^(--\S+\s+)+/, "")
  const said = quiet(step(stdout)),
    warned = quiet(stderr)
  return execError(["/bin/sh", "-c", clean], {
    exitCode: Number(code),
    stdout: said,
    stderr: warned || quiet(step(output)),
  })
}

const build = async (
  context: string,
  dockerfile: string,
  { buildArgs, target, secrets }: BuildArgs,
  tag: string,
): Promise<string> => {
  const text = readFileSync(dockerfile, "utf8"),
    identity = join(scratch(), "image")
  await Promise.all(baseImages(text, buildArgs).map(image => ensureImage(image)))
  const ignore = `${dockerfile}.dockerignore`,
    architecture = process.arch === "arm64" ? "arm64" : "amd64"
  const platform = { TARGETPLATFORM: `linux/${architecture}`, TARGETOS: "linux", TARGETARCH: architecture }
  // BuildKit is silent about an argument that is not used; buildah warns.
  const args = [...Object.entries(platform).map(([name, value]) => ({ name, value })), ...buildArgs].filter(
    ({ name }) => text.includes(name),
  )
  log(`build ${dockerfile.slice(context.length + 1)}${target ? ` (${target})` : ""}`)
  const child = spawn(
    "podman",
    [
      "build",
      "--layers",
      "--pull=never",
      "--iidfile",
      identity,
      "--tag",
      tag,
      "--file",
      dockerfile,
      ...(existsSync(ignore) ? ["--ignorefile", ignore] : []),
      ...(target ? ["--target", target] : []),
      ...args.flatMap(({ name, value }) => ["--build-arg", `${name}=${value}`]),
      ...secrets.flatMap(secret => [
        "--secret",
        `id=${secret.name},src=${secretFile(secret, { mode: 0o400, uid: 0, gid: 0 })}`,
      ]),
      context,
    ],
    { env: podmanEnvironment(), stdio: ["ignore", "pipe", "pipe"] },
  )
  const said = { stdout: "", stderr: "", both: "" },
    logger = lineLogger("build")
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (part: string) => {
      said[stream] += part
      said.both += part
      logger.write(part)
    })
  }
  const exitCode = await new Promise<number>((resolve, reject) =>
    child.on("error", reject).on("close", code => resolve(code ?? 137)),
  )
  logger.end()
  const clean = (text: string) =>
    scrub(
      text,
      secrets.map(({ secret }) => secret),
    )
  if (exitCode !== 0) throw failure(clean(said.both), clean(said.stdout), clean(said.stderr))
  return readFileSync(identity, "utf8")
    .trim()
    .replace(/^sha256:/, "")
}

addMakers({
  "Directory.dockerBuild": async (directory: Directory, args: BuildArgs): Promise<Container> => {
    ownPlatform(args.platform)
    const context = directoryPath(directory),
      dockerfile = within(context, args.dockerfile)
    if (!existsSync(dockerfile)) throw missing(args.dockerfile)
    // Base images count by their digest: a tag may have moved since.
    const bases = baseImages(readFileSync(dockerfile, "utf8"), args.buildArgs)
    await Promise.all(bases.map(image => ensureImage(image)))
    const found = await Promise.all(bases.map(async image => (await findImage(image))?.id))
    const key = digestOf([
      "build",
      directory,
      { ...args, secrets: args.secrets.map(({ name, secret }) => [name, secret]) },
      found,
    ])
    const id = await once(key, async () => {
      const known = recall<string>(key)
      if (known && (await findImage(known))) return known
      const built = await build(context, dockerfile, args, `localhost/cloud-native/build:${key}`)
      remember(key, built, [])
      return built
    })
    return {
      image: id,
      layers: [],
      config: (await imageById(id)).config,
      annotations: {},
      mounts: [],
      secretEnv: [],
      bindings: [],
      auth: [],
    }
  },
})
