// What a module's process is started with: Dagger's SDK as one file, and declarations by name.
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { basename, dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

import { build } from "esbuild"

import { folder, hash, once, session, touch } from "./store.ts"

const resolve = createRequire(import.meta.url).resolve
const sdk = dirname(dirname(dirname(resolve("@dagger.io/dagger"))))
export const sdkVersion = (): string =>
  (JSON.parse(readFileSync(join(sdk, "package.json"), "utf8")) as { version: string }).version

const makeOnce = (path: string, make: (path: string) => Promise<void> | void): Promise<string> => {
  const own = join(dirname(path), `${session}.${basename(path)}`)
  return once(path, async () => {
    if (!existsSync(path)) {
      mkdirSync(dirname(path), { recursive: true })
      await make(own)
      renameSync(own, path)
    }
    touch(path)
    return path
  })
}
const inRuntime = (name: string) => join(folder("runtime"), sdkVersion(), name)

/** CommonJS requires what Node brings. */
const REQUIRE = {
  js: `import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(import.meta.filename)});`,
}

/** npm ships the client's declarations only; the entrypoint finds types by their name in a file called so. */
export const clientStub = (): Promise<string> =>
  makeOnce(inRuntime("client.gen.ts"), path => {
    const declarations = readFileSync(join(sdk, "dist/src/api/client.gen.d.ts"), "utf8")
    const enums = [...declarations.matchAll(/^export declare enum (\w+) (\{[^}]*\})/gm)].map(
      ([, name, body]) => `export enum ${name} ${body}`,
    )
    const classes = [...declarations.matchAll(/^export declare class (\w+)/gm)].map(
      ([, name]) => `export class ${name} {}`,
    )
    writeFileSync(path, [...enums, ...classes, ""].join("\n"))
  })

/** What the SDK sends spans with. */
const EXPORTERS = ["sdk-node", "sdk-trace-base", "exporter-trace-otlp-proto"].map(name => `@opentelemetry/${name}`)

/**
 * The worker with the SDK in one file, which loads in a third of the time; the module's imports of the SDK lead to it too.
 * It names the TypeScript of one checkout, which another checkout may outlive: each has its own.
 */
const worker = (): Promise<string> => {
  const source = join(import.meta.dirname, "worker.ts"),
    compiler = join(import.meta.dirname, "typescript.cjs"),
    exporters = join(import.meta.dirname, "exporters.ts"),
    parts = [source, join(import.meta.dirname, "telemetry.ts"), compiler, exporters],
    typescript = resolve("typescript")
  const version = hash(JSON.stringify([...parts.map(path => readFileSync(path, "utf8")), typescript])).slice(0, 12)
  return makeOnce(inRuntime(`worker-${version}.mjs`), async path => {
    await build({
      entryPoints: [source],
      outfile: path,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
      alias: { typescript: compiler, ...Object.fromEntries(EXPORTERS.map(name => [name, exporters])) },
      define: {
        TYPESCRIPT: JSON.stringify(typescript),
        COMPILED: JSON.stringify(inRuntime(`typescript-${version}.bin`)),
      },
      external: [typescript],
      banner: REQUIRE,
    })
  })
}

/** What a call needs of a module. */
export interface Loadable {
  /** All its code, with the libraries that it uses, in one file: it loads in a fraction of the time of hundreds. */
  bundle: string
  /** Its sources as the SDK reads their declarations, by path: without bodies, where nothing is exposed. JSON. */
  declarations: string
}

/** Made once for each state of the sources, which `key` names. */
export const loadable = async (key: string, files: string[]): Promise<Loadable> => {
  const sdk = await worker()
  const path = (extension: string) =>
    join(folder("files"), `module-${hash(JSON.stringify([key, sdk, files]))}.${extension}`)
  const [bundle, declarations] = await Promise.all([
    makeOnce(path("mjs"), async outfile => {
      await build({
        stdin: { contents: files.map(file => `import ${JSON.stringify(file)}`).join("\n"), resolveDir: "/" },
        outfile,
        bundle: true,
        platform: "node",
        format: "esm",
        logLevel: "error",
        // The SDK knows classes by their name.
        keepNames: true,
        tsconfigRaw: { compilerOptions: { target: "ES2022", experimentalDecorators: true } },
        banner: REQUIRE,
        plugins: [
          {
            name: "sdk",
            setup: bundler =>
              bundler.onResolve({ filter: /^@dagger\.io\/dagger(\/telemetry)?$/ }, () => ({
                path: pathToFileURL(sdk).href,
                external: true,
              })),
          },
        ],
      })
    }),
    makeOnce(path("json"), async own => {
      const { declarationsOf } = await import("./declarations.ts")
      writeFileSync(
        own,
        JSON.stringify(Object.fromEntries(files.map(file => [file, declarationsOf(readFileSync(file, "utf8"))]))),
      )
    }),
  ])
  return { bundle, declarations }
}

/** A process with the SDK loaded, waiting for its call. The module sees nothing of the host's environment. */
export const hire = async (): Promise<ChildProcess> =>
  // A call is short, and collecting its young objects took a tenth of it.
  spawn(process.execPath, ["--max-semi-space-size=64", await worker(), new URL("loader.mjs", import.meta.url).href], {
    cwd: folder("runtime"),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TZ: process.env.TZ },
  })
