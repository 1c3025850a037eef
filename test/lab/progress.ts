/** Runs a long step, saying on stderr what it is, how long it usually takes and how far it is. */
export async function step<T>(what: string, usually: string, body: () => Promise<T>): Promise<T> {
  const start = Date.now()
  const elapsed = () => `${Math.round((Date.now() - start) / 1000)} s`
  const say = (text: string) => process.stderr.write(`lab: ${text}\n`)
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
