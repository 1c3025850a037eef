/**
 * Parse JSON whose texts a Go template has quoted with %+q. Go writes control characters as \x07 or \a, and what lies
 * beyond four hexadecimal digits as \U0001f600; JSON knows neither.
 */
export function parseGoQuoted(text: string): unknown {
  const json = text.replace(
    /\\(?:x([0-9a-f]{2})|U([0-9a-f]{8})|([av])|[^])/g,
    (escape, byte?: string, point?: string, letter?: string) => {
      if (byte) return `\\u00${byte}`
      if (point) return String.fromCodePoint(parseInt(point, 16))
      if (letter) return letter === "a" ? "\\u0007" : "\\u000b"
      return escape
    },
  )
  return JSON.parse(json)
}
