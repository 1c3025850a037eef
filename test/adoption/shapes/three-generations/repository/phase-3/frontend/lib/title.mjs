export function title(tasks) {
  return tasks === 0 ? "Nothing to do" : `${tasks} to do`
}
