import { spawn } from "node:child_process"

import { liveSessions } from "../engine/gc.ts"
import { describeFullDisk, prune } from "./disk.ts"
import { ensureImage, kubectlPath } from "./images.ts"
import { kubeconfigPath, labDown, labUp } from "./lab.ts"

const usage = `usage: tsx test/lab/cli.ts up [NAME]        bring a lab up (demo: registry 5000, API 6443, app 3000; another name: free ports)
                           down [NAME]      remove it with all it holds; without a name, every one
                           prune            remove every lab, and all that is kept for later ones
                           image REF...     make or pull images into the lab's storage
                           kubectl ARG...   kubectl on KUBECONFIG, or else on the demo's cluster
`
const demo = { name: "demo", registryPort: 5000, apiPort: 6443, appPort: 3000 }

async function main([command, ...args]: string[]): Promise<number> {
  switch (command) {
    case "up": {
      const [name = demo.name] = args
      const lab = await labUp(name === demo.name ? demo : { name })
      process.stdout.write(
        `registry    ${lab.registry}\nkubeconfig  ${lab.kubeconfig}\napp         ${lab.appUrl} (NodePort 30300)\n`,
      )
      return 0
    }
    case "down":
      await labDown(args[0])
      return 0
    case "prune":
      if (liveSessions().length > 0) throw new Error("the embedded engine runs: let its calls end first")
      await prune()
      return 0
    case "image":
      for (const reference of args) await ensureImage(reference)
      return 0
    case "kubectl":
      return kubectl(args)
    default:
      process.stderr.write(usage)
      return 2
  }
}

async function kubectl(args: string[]): Promise<number> {
  const env = { ...process.env, KUBECONFIG: process.env.KUBECONFIG ?? kubeconfigPath(demo.name) }
  const child = spawn(await kubectlPath(), args, { stdio: "inherit", env })
  return new Promise((resolve, reject) => child.on("error", reject).on("close", code => resolve(code ?? 1)))
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const { message } = error as Error
  process.stderr.write(`lab: ${[message, describeFullDisk(message)].filter(Boolean).join("\n")}
`)
  process.exitCode = 1
}
