// `npm run demo`: the sample application from source to a running deployment, with a Dagger Engine where there is one,
// else on the embedded engine, with the lab's registry and cluster, which stay up.
import { spawn, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { parseConfig } from "../.dagger/src/config/parse.ts"
import { settleAll } from "../.dagger/src/util/settle.ts"
import { cachePath } from "./lab/cache.ts"
import { ensureImage } from "./lab/images.ts"
import { labUp } from "./lab/lab.ts"
import { removeGoCaches } from "./lab/packages.ts"
import { prepareTarget } from "./target/target.ts"

const ROOT = join(import.meta.dirname, "..")
const NAMESPACE = "tasks"
/** What the sample's images are built from. */
const BASES = ["python:3.13-slim", "node:20-alpine"]

/** The tools that the deployment needs after its tests, in the order in which it does. */
function lastTools(): string[] {
  const file = "cloud-native.yaml"
  const { oras, gitleaks, syft } = parseConfig(readFileSync(join(ROOT, file), "utf8"), file).images
  return [oras, gitleaks, syft]
}

/** Whether a Dagger CLI is here and its engine answers. */
function hasDagger(): boolean {
  return spawnSync("dagger", ["core", "version"], { stdio: "ignore", timeout: 120_000 }).status === 0
}

function run(command: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] })
    child.on("error", reject)
    child.on("close", code => resolve(code ?? 1))
  })
}

async function onDagger(): Promise<number> {
  const code = await run("dagger", ["call", "deploy"])
  if (code === 0)
    console.log("\nOpen it in a browser: dagger call preview up --ports 3000:3000, then http://localhost:3000")
  return code
}

async function onEmbeddedEngine(): Promise<number> {
  console.error("demo: no Dagger Engine here; the module runs on the embedded engine, with Podman")
  const labOfDemo = labUp({ name: "demo", registryPort: 5000, apiPort: 6443, appPort: 3000 })
  const [lab] = await settleAll([labOfDemo, ...BASES.map(ensureImage)])
  // What the deployment needs last takes longest: it is made while the deployment does what comes before. What fails here, fails there.
  const making = Promise.allSettled(lastTools().map(ensureImage))
  const dotenv = cachePath("labs", "demo", "secrets.env")
  await prepareTarget(lab, NAMESPACE, dotenv)
  const code = await run(join(ROOT, "test/engine/dagger"), [
    "call",
    `--registry=${lab.registry}`,
    `--registry-service=tcp://${lab.registry}`,
    `--kubeconfig=file:${lab.kubeconfig}`,
    `--secrets=file:${dotenv}`,
    `--public-url=${lab.appUrl}`,
    "deploy",
    "--handshake",
  ])
  await making
  // What the demo does not need it has not built.
  await removeGoCaches()
  if (code === 0) {
    console.log(`
The application is open at ${lab.appUrl}. Edit it under test/app and run the demo again: a rolling update.
Look at the cluster: KUBECONFIG=${lab.kubeconfig} npx tsx test/lab/cli.ts kubectl --namespace=${NAMESPACE} get pods
Remove everything that stays up: npm run lab:down; what is kept on disk as well: npm run lab:prune`)
  }
  return code
}

try {
  process.exitCode = hasDagger() ? await onDagger() : await onEmbeddedEngine()
} catch (error) {
  console.error(`demo: ${(error as Error).message}`)
  process.exitCode = 1
}
