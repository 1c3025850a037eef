/*
 * $(NAME) in env, command and args, which the kubelet replaces by another variable of the container; $$(NAME) stands for a
 * literal $(NAME). What has no value stays as it is written.
 */

const REFERENCE = /\$\$|\$\(([^()$\s]+)\)/g

export type Variables = Record<string, string>

export function expand(text: string, variables: Variables): string {
  return text.replace(REFERENCE, (match, name?: string) =>
    name === undefined ? "$" : Object.hasOwn(variables, name) ? variables[name]! : match,
  )
}

/** The variables that a text refers to. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, name]) => name ?? [])
}

/** A text without its references: what it says itself. */
export function literalOf(text: string): string {
  return text.replace(REFERENCE, (match, name?: string) => (name === undefined ? match : ""))
}
