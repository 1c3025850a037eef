/**
 * Widths in parts of the font's size, at least those of DejaVu Sans, which is among the widest of the fonts that system-ui
 * may be: what fits by this measure fits in all of them.
 */
const WIDTHS: [characters: RegExp, width: number][] = [
  [/[ijl.,:;'|!/()[\] -]/, 0.4],
  [/[frt]/, 0.45],
  [/[mwMW%@…]/, 1],
  [/[A-Z&<>=+~]/, 0.85],
  [/[\x20-\x7e]/, 0.65],
]
const OTHER = 1.1

/** In pixels, at most; `size` is the font's. */
export function widthOf(text: string, size: number): number {
  return [...text].reduce(
    (total, character) => total + size * (WIDTHS.find(([pattern]) => pattern.test(character))?.[1] ?? OTHER),
    0,
  )
}

/** The text, or its beginning and its end, so that it is not wider than so many pixels. */
export function fit(text: string, size: number, width: number): string {
  if (widthOf(text, size) <= width) return text
  const characters = [...text]
  for (let kept = characters.length - 1; kept > 0; kept--) {
    const head = Math.ceil(kept / 2)
    const short = `${characters.slice(0, head).join("")}…${characters.slice(characters.length - kept + head).join("")}`
    if (widthOf(short, size) <= width) return short
  }
  return "…"
}
