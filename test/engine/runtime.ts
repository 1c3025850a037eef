// What a module's process is started with: Dagger's SDK as one file, and declarations by name.
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

import { build } from "esbuild"

import { folder, hash, once, session } from "./store.ts"

const resolve = createRequire(import.meta.url).resolve
const sdk = dirname(dirname(dirname(resolve("@dagger.io/dagger"))))
export const sdkVersion = (): string =>
  (JSON.parse(readFileSync(join(sdk, "package.json"), "utf8")) as { version: string }).version

const makeOnce = (name: string, make: (path: string) => Promise<void> | void): Promise<string> => {
  const path = join(folder("runtime"), name),
    own = join(dirname(path), `${session}.${name.split("/").at(-1)}`)
  return once(path, async () => {
    if (existsSync(path)) return path
    mkdirSync(dirname(path), { recursive: true })
    await make(own)
    renameSync(own, path)
    return path
  })
}

/** npm ships the client's declarations only; the entrypoint finds types by their name in a file called so. */
export const clientStub = (): Promise<string> =>
  makeOnce(`${sdkVersion()}/client.gen.ts`, path => {
    const declarations = readFileSync(join(sdk, "dist/src/api/client.gen.d.ts"), "utf8")
    const enums = [...declarations.matchAll(/^export declare enum (\w+) (\{[^}]*\})/gm)].map(
      ([, name, body]) => `export enum ${name} ${body}`,
    )
    const classes = [...declarations.matchAll(/^export declare class (\w+)/gm)].map(
      ([, name]) => `export class ${name} {}`,
    )
    writeFileSync(path, [...enums, ...classes, ""].join("\n"))
  })

/**
 * The worker with the SDK in one file, which loads in a third of the time; the module's imports of the SDK lead to it too.
 * It names the TypeScript of one checkout, which another checkout may outlive: each has its own.
 */
const worker = (): Promise<string> => {
  const source = join(import.meta.dirname, "worker.ts"),
    compiler = join(import.meta.dirname, "typescript.cjs"),
    parts = [source, join(import.meta.dirname, "telemetry.ts"), compiler],
    typescript = resolve("typescript")
  return makeOnce(
    `${sdkVersion()}/worker-${hash(JSON.stringify([...parts.map(path => readFileSync(path, "utf8")), typescript])).slice(0, 12)}.mjs`,
    async path => {
      await build({
        entryPoints: [source],
        outfile: path,
        bundle: true,
        platform: "node",
        format: "esm",
        logLevel: "error",
        alias: { typescript: compiler },
        define: { TYPESCRIPT: JSON.stringify(typescript) },
        external: [typescript],
        // Some of the SDK's libraries are CommonJS and require what Node brings.
        banner: {
          js: `import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(source)});`,
        },
      })
    },
  )
}

/** A process with the SDK loaded, waiting for its call. The module sees nothing of the host's environment. */
export const hire = async (): Promise<ChildProcess> =>
  // A call is short, and collecting its young objects took a tenth of it.
  spawn(process.execPath, ["--max-semi-space-size=64", await worker(), new URL("loader.mjs", import.meta.url).href], {
    cwd: folder("runtime"),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TZ: process.env.TZ },
  })
