const start = Date.now()

/** What is being measured, on stderr: stdout is for the results. */
export function say(text: string): void {
  process.stderr.write(`bench: ${((Date.now() - start) / 1000).toFixed(0).padStart(4)} s  ${text}\n`)
}
