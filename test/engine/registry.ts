// Registries: images from them, and pushes by the distribution protocol.
import { createReadStream, readFileSync } from "node:fs"
import { type IncomingMessage, request as httpRequest } from "node:http"
import { request as httpsRequest } from "node:https"
import { join } from "node:path"

import { GraphQLError } from "graphql"

import { fullName } from "../lab/images.ts"
import { authFor, type Container } from "./container.ts"
import { addMakers } from "./evaluate.ts"
import { getImage } from "./image.ts"
import { blobPath, type Descriptor, type Layout } from "./oci.ts"
import { authFile, plaintext } from "./secret.ts"
import { registryAddress, type Service } from "./service.ts"
import { upwards } from "./workspace.ts"

interface Request {
  method: string
  headers?: Record<string, string>
  body?: { file: string } | { text: string }
}
interface Answer {
  status: number
  headers: IncomingMessage["headers"]
  text: string
}

const send = (url: URL, { method, headers = {}, body }: Request): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, { method, headers }, response => {
      let text = ""
      response
        .setEncoding("utf8")
        .on("data", part => {
          text += part
        })
        .on("error", reject)
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    request.on("error", reject)
    if (body && "file" in body) createReadStream(body.file).on("error", reject).pipe(request)
    else request.end(body?.text)
  })

/** Registry, repository and tag of an address. */
const parse = (address: string) => {
  const [, host, repository, tag] = /^([^/]+[.:][^/]*|localhost)\/(.+?)(?::([\w.-]+))?(?:@.*)?$/.exec(address) ?? []
  if (!host || !repository) throw new GraphQLError(`failed to parse address "${address}": a registry host is needed`)
  return { host, repository, tag: tag ?? "latest" }
}
const isLocal = (host: string) => /^(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(host)

export const publish = async (
  layout: Layout,
  address: string,
  container: Container,
  service?: Service,
): Promise<string> => {
  const { host, repository, tag } = parse(address)
  // A registry that is a service, or the host's own, speaks plain HTTP; any other host name means HTTPS.
  const at = service
    ? `http://${await registryAddress(service, host)}`
    : `${isLocal(host) ? "http" : "https"}://${host}`
  const login = authFor(container, host)
  const basic = login && `Basic ${Buffer.from(`${login.username}:${plaintext(login.secret)}`).toString("base64")}`
  let authorization: string | undefined

  const authorize = async (challenge: string) => {
    const scheme = challenge.split(" ")[0]!.toLowerCase(),
      of = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1]
    if (scheme === "basic") return basic
    const url = new URL(of("realm") ?? "")
    url.search = new URLSearchParams({
      service: of("service") ?? "",
      scope: `repository:${repository}:pull,push`,
    }).toString()
    const { status, text } = await send(url, { method: "GET", headers: basic ? { authorization: basic } : {} })
    if (status !== 200) throw new GraphQLError(`failed to authorize: ${url.host} answered ${status}`)
    const { token, access_token } = JSON.parse(text) as { token?: string; access_token?: string }
    return `Bearer ${token ?? access_token}`
  }
  const call = async (path: string | URL, request: Request, accepted: number[]): Promise<Answer> => {
    const url = new URL(path, at)
    const attempt = () =>
      send(url, { ...request, headers: { ...request.headers, ...(authorization && { authorization }) } })
    let answer = await attempt()
    if (answer.status === 401 && answer.headers["www-authenticate"]) {
      authorization = await authorize(answer.headers["www-authenticate"])
      if (authorization) answer = await attempt()
    }
    if (!accepted.includes(answer.status)) {
      throw new GraphQLError(
        `failed to publish ${address}: ${request.method} ${url.pathname} answered ${answer.status} ${answer.text.trim().slice(0, 300)}`,
      )
    }
    return answer
  }
  const upload = async ({ digest, size }: Descriptor) => {
    if ((await call(`/v2/${repository}/blobs/${digest}`, { method: "HEAD" }, [200, 404])).status === 200) return
    const started = await call(
      `/v2/${repository}/blobs/uploads/`,
      { method: "POST", headers: { "content-length": "0" } },
      [202],
    )
    const to = new URL(started.headers.location!, at)
    to.searchParams.set("digest", digest)
    const headers = { "content-type": "application/octet-stream", "content-length": String(size) }
    await call(to, { method: "PUT", headers, body: { file: blobPath(layout.path, digest) } }, [201])
  }
  // The first call alone, so that the others find the token.
  await call("/v2/", { method: "GET" }, [200])
  for (const descriptor of [layout.manifest.config, ...layout.manifest.layers]) await upload(descriptor)
  const text = JSON.stringify(layout.manifest)
  const headers = { "content-type": layout.manifest.mediaType, "content-length": String(Buffer.byteLength(text)) }
  await call(`/v2/${repository}/manifests/${tag}`, { method: "PUT", headers, body: { text } }, [201])
  return `${host}/${repository}:${tag}@${layout.manifestDigest}`
}

/**
 * The digest that the caller's dagger.lock holds for a tag. Dagger 1.0 follows it in container.from alone; 0.21 does not by
 * default, and a module has to be right on both.
 */
const lockedDigest = (reference: string): string | undefined => {
  const folder = upwards(process.cwd(), "dagger.lock")
  if (!folder) return undefined
  const lines = readFileSync(join(folder, "dagger.lock"), "utf8").split("\n").filter(Boolean)
  const entries = lines.map(line => JSON.parse(line) as [string, string, string[], string])
  return entries.find(([, operation, inputs]) => operation === "container.from" && inputs[0] === reference)?.[3]
}

addMakers({
  "Container.from": async (container: Container, { address: given, registryService }): Promise<Container> => {
    const tagged = fullName(given)
    const locked = given.includes("@") || registryService ? undefined : lockedDigest(tagged)
    const address = locked ? `${tagged.replace(/:[^/:]*$/, "")}@${locked}` : given
    const asked = fullName(address),
      host = asked.split("/")[0]!,
      login = authFor(container, host)
    const at = registryService && (await registryAddress(registryService, host))
    const image = await getImage(address, login && authFile(at ?? host, login.username, login.secret), at),
      name = asked.replace(/@.*/, "").replace(/:[^/:]*$/, "")
    return {
      ...container,
      image: image.id,
      layers: [],
      config: image.config,
      imageRef: `${name}@${image.digest}`,
      outcome: undefined,
    }
  },
})
