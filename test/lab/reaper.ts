import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

/**
 * Runs a command as soon as this process is gone, however it went (kill -9 included):
 * a detached watcher holds the other end of a pipe that only the kernel closes.
 * Returns a function that calls the watcher off.
 */
export function guard(...argv: string[]): () => void {
  const watcher = spawn("sh", [fileURLToPath(new URL("reaper.sh", import.meta.url)), ...argv], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  })
  watcher.unref()
  // Typed as a stream, is a socket: it must not keep this process alive.
  ;(watcher.stdin as unknown as { unref(): void }).unref()
  return () => watcher.kill("SIGKILL")
}
