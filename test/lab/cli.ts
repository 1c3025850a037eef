import { ensureImage } from "./images.ts"

const [command, ...args] = process.argv.slice(2)
try {
  if (command === "image") for (const reference of args) await ensureImage(reference)
} catch (error) {
  process.stderr.write(`lab: ${(error as Error).message}\n`)
  process.exitCode = 1
}
