// The process of one function call: the official entrypoint of Dagger's SDK, loaded ahead of the call it will serve.
import { entrypoint } from "@dagger.io/dagger"

export interface Assignment { port: number; token: string; files: string[] }

process.once("message", ({ port, token, files }: Assignment) => {
  process.channel?.unref()
  process.env.DAGGER_SESSION_PORT = String(port)
  process.env.DAGGER_SESSION_TOKEN = token
  entrypoint(files).catch(error => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error)
    process.exit(1)
  })
})
// No engine, no call.
process.once("disconnect", () => process.exit(1))
