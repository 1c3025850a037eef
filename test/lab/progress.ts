/** What the lab has to say goes to stderr: stdout is for results. */
export function say(text: string): void {
  process.stderr.write(`lab: ${text}\n`)
}

/** Runs a long step, saying what it is, how long it usually takes and how far it is. */
export async function step<T>(what: string, usually: string, body: () => Promise<T>): Promise<T> {
  const start = Date.now()
  const elapsed = () => `${Math.round((Date.now() - start) / 1000)} s`
  say(`${what} (usually ${usually}) …`)
  const timer = setInterval(() => say(`${what}: ${elapsed()} of usually ${usually} …`), 20_000)
  try {
    const result = await body()
    say(`${what}: done in ${elapsed()}`)
    return result
  } finally {
    clearInterval(timer)
  }
}
