/** Characters of a line, and of a message, that are kept. */
const LENGTH = 500

/* eslint-disable no-control-regex */
const CONTROL =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|\u001b.|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
/* eslint-enable no-control-regex */

/** Text without control sequences and control characters; lines and tabs stay. */
export function withoutControl(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(CONTROL, "")
}

/**
 * Text of a program that is not trusted, for a terminal and for GitHub's runner: without control sequences, without the
 * commands that the runner would obey, each line cut. `redact` sees whole lines, without control sequences.
 */
export function printable(text: string, redact: (text: string) => string): string {
  return withoutCommands(redact(withoutControl(text)))
    .split("\n")
    .map(cut)
    .join("\n")
}

/**
 * A message of the cluster's, for the same readers: what a container answered or wrote may stand in it. Of a long one, the
 * beginning and the end are kept: in errors that wrap each other, the cause stands last.
 */
export function excerpt(message: string): string {
  const text = withoutCommands(withoutControl(message).trim())
  return text.length > LENGTH ? `${text.slice(0, LENGTH / 2)} … ${text.slice(-LENGTH / 2)}` : text
}

function withoutCommands(text: string): string {
  return text.replace(/^(\s*):(?=:)/gm, "$1: ").replaceAll("##[", "## [")
}

function cut(text: string): string {
  return text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text
}
