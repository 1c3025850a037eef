// The process of one function call: the official entrypoint of Dagger's SDK, loaded ahead of the call it will serve.
import { readFileSync } from "node:fs"
import { register } from "node:module"
import { pathToFileURL } from "node:url"

import { entrypoint } from "@dagger.io/dagger"
import ts from "typescript"

import type { Loadable } from "./runtime.ts"
import { propagate } from "./telemetry.ts"

/** What the module imports under the SDK's name. */
export { getTracer } from "./telemetry.ts"
export * from "@dagger.io/dagger"

export interface Assignment {
  port: number
  token: string
  files: string[]
  loadable: Loadable
}

// The entrypoint reads a module's types by name, so it can do without the declarations of libraries, and of everything newer than
// ES5: two thirds of its time.
const readFile = ts.sys.readFile.bind(ts.sys)
const LIBRARY = /\/node_modules\/(?!typescript\/lib\/).*\.d\.[cm]?ts$/
const LATER = /\/typescript\/lib\/lib\.(?!es5\.)[\w.]+\.d\.ts$/
let declarations: Record<string, string> = {}
ts.sys.readFile = (path, encoding) => {
  if (LIBRARY.test(path)) return ""
  return LATER.test(path) ? '/// <reference lib="es5" />' : (declarations[path] ?? readFile(path, encoding))
}

propagate()

process.once("message", ({ port, token, files, loadable }: Assignment) => {
  declarations = JSON.parse(readFileSync(loadable.declarations, "utf8")) as typeof declarations
  // The first argument is the loader's place: this file runs as part of a bundle elsewhere.
  register(process.argv[2]!, { data: { bundle: pathToFileURL(loadable.bundle).href } })
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
