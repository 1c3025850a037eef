// Node's hooks for a module's TypeScript: transpiled when loaded, its imports of the SDK led to the one that runs it.
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"

import { transform } from "esbuild"

let sdk

export const initialize = data => {
  sdk = data.sdk
}

export const resolve = (specifier, context, next) => {
  if (specifier === "@dagger.io/dagger" || specifier === "@dagger.io/dagger/telemetry")
    return { url: sdk, shortCircuit: true }
  const own = context.parentURL?.endsWith(".ts") && /^\.\.?\/.*\.js$/.test(specifier)
  return next(own ? specifier.replace(/js$/, "ts") : specifier, context)
}

export const load = async (url, context, next) => {
  if (!url.endsWith(".ts")) return next(url, context)
  const options = { loader: "ts", tsconfigRaw: { compilerOptions: { target: "ES2022", experimentalDecorators: true } } }
  const { code } = await transform(await readFile(fileURLToPath(url), "utf8"), options)
  return { format: "module", source: code, shortCircuit: true }
}
