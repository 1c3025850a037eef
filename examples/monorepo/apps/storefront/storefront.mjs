import { createServer } from "node:http"

const server = createServer((_request, response) => response.end("ok")).listen(3000)
process.on("SIGTERM", () => server.close())
