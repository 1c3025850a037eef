import { type Container, dag, type File } from "@dagger.io/dagger"
import { expect } from "vitest"

import { execFailure, failure, fresh, node, on, sh, unique } from "./support.ts"

const context = (dockerfile: string) =>
  dag
    .directory()
    .withNewFile("Dockerfile", dockerfile)
    .withNewFile("file.txt", "content")
    .withNewFile("ignored.txt", "no")

/** A file of an OCI layout in a tarball. */
const inTarball = async (tarball: File, name: string): Promise<any> =>
  JSON.parse(
    await node()
      .withMountedFile("/image.tar", tarball)
      .withExec(sh(`tar -xOf /image.tar ${name} 2>/dev/null || tar -xOf /image.tar ./${name}`))
      .stdout(),
  )
const blob = (digest: string) => `blobs/${digest.replace(":", "/")}`
const configOf = async (container: Container) => {
  const tarball = container.asTarball(),
    index = await inTarball(tarball, "index.json"),
    manifest = await inTarball(tarball, blob(index.manifests[0].digest))
  return { manifest, config: await inTarball(tarball, blob(manifest.config.digest)) }
}

on("dockerBuild builds stages, with arguments, a target and .dockerignore", async () => {
  const source = context(`ARG BASE=node:20-alpine
FROM $BASE AS first
ARG VERSION=0
COPY . /ctx
RUN echo "version $VERSION" > /version && ls /ctx > /listed
FROM first AS second
ENV STAGE=second
USER 1000
WORKDIR /work
ENTRYPOINT ["echo"]
CMD ["hello"]
LABEL salt="${unique()}"
`).withNewFile(".dockerignore", "ignored.txt\n")
  const first = source.dockerBuild({ target: "first", buildArgs: [{ name: "VERSION", value: "9" }] })
  expect(await first.file("/version").contents()).toBe("version 9\n")
  expect(await first.file("/listed").contents()).not.toContain("ignored.txt")
  const second = source.dockerBuild()
  expect(await second.envVariable("STAGE")).toBe("second")
  expect([await second.user(), await second.workdir(), await second.entrypoint(), await second.defaultArgs()]).toEqual([
    "1000",
    "/work",
    ["echo"],
    ["hello"],
  ])
  expect(await second.withExec([], { useEntrypoint: true }).stdout()).toBe("hello\n")
})

on("a Dockerfile may have any name, and use secrets that stay out of the image", async () => {
  const plaintext = unique()
  const built = context("")
    .withNewFile(
      "docker/other.dockerfile",
      `FROM node:20-alpine
RUN --mount=type=secret,id=token test "$(wc -c < /run/secrets/token)" -eq 12 && echo ${unique()} > /done
`,
    )
    .dockerBuild({ dockerfile: "docker/other.dockerfile", secrets: [dag.setSecret("token", plaintext)] })
  expect(await built.exists("/done")).toBe(true)
  expect(JSON.stringify(await configOf(built))).not.toContain(plaintext)
})

on("a secret that nobody gives is absent, and fails the build where it is required", async () => {
  const other = dag.setSecret("other", unique())
  const build = (options: string) =>
    context(`FROM node:20-alpine
RUN --mount=type=secret,id=absent${options} test ! -e /run/secrets/absent && echo ${unique()} > /done
`).dockerBuild({ secrets: [other] })
  expect(await build("").exists("/done")).toBe(true)
  expect((await failure(build(",required=true").sync())).message).toContain("absent")
})

on("a step that fails is an ExecError with the step's output", async () => {
  const error = await execFailure(
    context(`FROM node:20-alpine
RUN echo before-${unique()}
RUN echo on-stdout && echo on-stderr >&2 && exit 9
`)
      .dockerBuild()
      .sync(),
  )
  expect(error.exitCode).toBe(9)
  expect(error.cmd.join(" ")).toContain("exit 9")
  expect(error.stdout + error.stderr).toContain("on-stderr")
  expect(error.stdout + error.stderr).toContain("on-stdout")
})

on("a Dockerfile that is missing, or copies a missing file, is an error that names it", async () => {
  expect((await failure(dag.directory().dockerBuild().sync())).message).toContain("Dockerfile")
  expect((await failure(context("FROM node:20-alpine\nCOPY absent.txt /\n").dockerBuild().sync())).message).toContain(
    "absent.txt",
  )
})

on("asTarball is an OCI layout with the container's configuration, its layers on those of the base", async () => {
  const container = fresh(node())
    .withNewFile("/added", unique())
    .withoutFile("/etc/issue")
    .withLabel("key", "value")
    .withEntrypoint(["node"])
    .withDefaultArgs(["-v"])
    .withUser("1000")
    .withWorkdir("/srv")
    .withExposedPort(3000)
    .withAnnotation("note", "kept")
  const { manifest, config } = await configOf(container),
    base = await configOf(node())
  expect(config.config).toMatchObject({
    User: "1000",
    WorkingDir: "/srv",
    Entrypoint: ["node"],
    Cmd: ["-v"],
    Labels: { key: "value" },
    ExposedPorts: { "3000/tcp": {} },
  })
  expect(manifest.annotations).toMatchObject({ note: "kept" })
  const layers: string[] = config.rootfs.diff_ids,
    below: string[] = base.config.rootfs.diff_ids
  expect(layers.slice(0, below.length)).toEqual(below)
  expect(layers.length).toBeGreaterThan(below.length)
  expect(manifest.layers.length).toBe(layers.length)
  // Tools that read archives with care take names that begin with "./" for an attack.
  const names = await node()
    .withMountedFile("/image.tar", container.asTarball())
    .withExec(["tar", "-tf", "/image.tar"])
    .stdout()
  expect(names.split("\n").filter(name => name.startsWith(".") || name.startsWith("/"))).toEqual([])
})

on("labels and variables can be read and removed", async () => {
  const container = node().withLabel("a", "1").withLabel("b", "2").withoutLabel("a").withEnvVariable("X", "y")
  expect([await container.label("a"), await container.label("b"), await container.envVariable("X")]).toEqual([
    null,
    "2",
    "y",
  ])
  expect(await Promise.all((await container.envVariables()).map(variable => variable.name()))).toContain("X")
})

on("an image reference has its digest, until the container is changed", async () => {
  expect(await node().imageRef()).toMatch(/^docker\.io\/library\/node:?[\w.-]*@sha256:[0-9a-f]{64}$/)
  await failure(node().withExec(["true"]).imageRef())
})

on("a push to a registry service returns the digest, and a pull gets the image", async () => {
  const registry = dag
    .container()
    .from("registry:3")
    .withEnvVariable("SALT", unique())
    .withExposedPort(5000)
    .asService({ useEntrypoint: true })
  await registry.start()
  const added = unique(),
    container = fresh(node()).withNewFile("/added", added).withLabel("published", "yes")
  const reference = await container.publish("localhost:5000/conformance/app:1", { registryService: registry })
  expect(reference).toMatch(/^localhost:5000\/conformance\/app:1@sha256:[0-9a-f]{64}$/)
  const ask = (path: string) =>
    fresh(node())
      .withServiceBinding("registry", registry)
      .withExec([
        "node",
        "-e",
        `fetch("http://registry:5000/v2/conformance/app/${path}", { headers: { accept: "application/vnd.oci.image.manifest.v1+json" } }).then(async r => process.stdout.write(JSON.stringify({ status: r.status, digest: r.headers.get("docker-content-digest"), body: await r.text() })))`,
      ])
      .stdout()
      .then(text => JSON.parse(text) as { status: number; digest: string; body: string })
  const byTag = await ask("manifests/1")
  expect(byTag).toMatchObject({ status: 200, digest: reference.split("@")[1] })
  const config = JSON.parse((await ask(`blobs/${JSON.parse(byTag.body).config.digest}`)).body)
  expect(config.config.Labels).toMatchObject({ published: "yes" })
  expect((await ask("manifests/absent")).status).toBe(404)
  const pulled = dag.container().from(reference, { registryService: registry })
  expect(await pulled.file("/added").contents()).toBe(added)
  expect(
    await dag.container().from("localhost:5000/conformance/app:1", { registryService: registry }).imageRef(),
  ).toContain(reference.split("@")[1])
  expect(
    (await failure(dag.container().from("localhost:5000/conformance/app:absent", { registryService: registry }).sync()))
      .message,
  ).toMatch(/absent/)
  await registry.stop()
})

on("a registry that does not exist is an error that names it", async () => {
  expect((await failure(node().publish("localhost:1/app:1"))).message).toMatch(
    /localhost:1|127\.0\.0\.1:1|ECONNREFUSED|connection refused/,
  )
})
