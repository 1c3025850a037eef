export function title(name: string | undefined, notes: number): string {
  return `${name ?? "Notes"}: ${notes}`
}
