export function greeting(entries) {
  return entries === 1 ? "One entry" : `${entries} entries`
}
