/** Characters of a line that are kept. */
const LENGTH = 500

/* eslint-disable no-control-regex */
const CONTROL =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b.|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
/* eslint-enable no-control-regex */

/**
 * Text of a program that is not trusted, for a terminal and for GitHub's runner: without control sequences, without the
 * commands that the runner would obey, each line cut. `redact` sees whole lines, without control sequences.
 */
export function printable(text: string, redact: (text: string) => string): string {
  return redact(text.replaceAll("\r\n", "\n").replace(CONTROL, ""))
    .replace(/^(\s*):(?=:)/gm, "$1: ")
    .replaceAll("##[", "## [")
    .split("\n")
    .map(line => (line.length > LENGTH ? `${line.slice(0, LENGTH)}…` : line))
    .join("\n")
}
