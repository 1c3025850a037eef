import { createServer } from "node:http"
import { page } from "./page.mjs"

const server = createServer(async (request, response) => {
  if (request.url === "/healthz") return response.end("ok")
  try {
    const prices = await (await fetch(`${process.env.API_URL}/prices`)).json()
    response.end(page(prices))
  } catch {
    response.writeHead(502).end("the prices are not to be had")
  }
}).listen(8080)
process.on("SIGTERM", () => server.close())
