import { createServer } from "node:http"

const server = createServer((request, response) => request.resume().on("end", () => response.end("ok"))).listen(3000)
process.on("SIGTERM", () => server.close())
