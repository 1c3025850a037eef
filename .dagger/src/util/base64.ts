/** The text that a text in base64 stands for, as many CI systems want files kept; undefined where it is anything else. */
export function decodedText(text: string): string | undefined {
  const compact = text.replace(/\s/g, "")
  if (compact.length < 16 || compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return undefined
  try {
    const decoded = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(compact, "base64"))
    // eslint-disable-next-line no-control-regex -- control characters are what tells bytes from text
    return /[\x00-\x08\x0e-\x1f]/.test(decoded) ? undefined : decoded
  } catch {
    // Bytes, and no text.
  }
  return undefined
}
