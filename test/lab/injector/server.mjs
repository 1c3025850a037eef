// The admission webhook: PORT, a folder with tls.crt and tls.key, and the container that it adds as JSON are its arguments.
import { Buffer } from "node:buffer"
import { readFileSync } from "node:fs"
import { createServer } from "node:https"
import { join } from "node:path"

import { review } from "./review.mjs"

const [port, certificates, sidecar] = process.argv.slice(2)
const [cert, key] = ["tls.crt", "tls.key"].map(name => readFileSync(join(certificates, name)))

async function answer(request, response) {
  if (request.method !== "POST") return response.end("ok\n")
  const body = Buffer.concat(await request.toArray()).toString()
  response.setHeader("Content-Type", "application/json")
  return response.end(JSON.stringify(review(JSON.parse(body), JSON.parse(sidecar))))
}

createServer({ cert, key }, (request, response) => {
  answer(request, response).catch(error => response.writeHead(400).end(String(error)))
}).listen(Number(port))
process.on("SIGTERM", () => process.exit())
