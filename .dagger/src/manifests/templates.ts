/** Code of a template, the rest of which Helm prints as it is. */
const ACTION = /\{\{[^]*?\}\}/g
/** A text or a comment of an action, a name, or what belongs to a name: .now is a field, $now a variable. */
const WORD = /"(?:\\.|[^"\\])*"|`[^`]*`|\/\*[^]*?\*\/|[.$]?\w+/g

/** A day long ago, as a template writes it. */
const OTHER_DAY = '(toDate "2006-01-02" "2001-02-03")'

/** The same template on another day: what it makes of `now` is another there, even where it is only the date. */
export function onAnotherDay(template: string): string {
  return template.replace(ACTION, action => action.replace(WORD, word => (word === "now" ? OTHER_DAY : word)))
}

/** Whether a template asks the cluster, of which `helm template` has none. */
export function looksUp(template: string): boolean {
  return [...template.matchAll(ACTION)].some(([action]) =>
    [...action.matchAll(WORD)].some(([word]) => word === "lookup"),
  )
}
