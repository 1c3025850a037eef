/** Stable names of what can go wrong: they are for scripts, the rest of the message is for people. */
export type ErrorCode =
  | "ARCHITECTURE_MISMATCH"
  | "ARGUMENTS_INVALID"
  | "AVAILABILITY_FAILED"
  | "BUG"
  | "BUILD_FAILED"
  | "CLUSTER_UNREACHABLE"
  | "CLUSTER_UNTRUSTED"
  | "CONFIG_INVALID"
  | "CREDENTIALS_REFUSED"
  | "HANDSHAKE_FAILED"
  | "IMAGE_NOT_TRUSTED"
  | "IMAGE_UNREADABLE"
  | "KILLED"
  | "KINDS_MISSING"
  | "KUBECONFIG_INCOMPLETE"
  | "KUBECONFIG_INVALID"
  | "KUBECTL_FAILED"
  | "LOCKED"
  | "MANIFESTS_INVALID"
  | "MIGRATION_BREAKS_RUNNING"
  | "MIGRATION_FAILED"
  | "MIGRATION_TRIAL_FAILED"
  | "MONITOR_FAILED"
  | "NAMESPACE_MISSING"
  | "OWNED_BY_ANOTHER"
  | "PERMISSIONS_MISSING"
  | "PREFLIGHT_FAILED"
  | "PULL_SECRET_UNFIT"
  | "PUSH_FAILED"
  | "RECORD_MISSING"
  | "RECORD_TOO_NEW"
  | "REGISTRY_FAILED"
  | "REPOSITORY_MISSING"
  | "ROLLBACK_FAILED"
  | "ROLLOUT_FAILED"
  | "SECRETS_FOUND"
  | "SECRETS_INVALID"
  | "SECRETS_MISSING"
  | "SOURCE_LAYOUT"
  | "STARTUP_TOO_SLOW"
  | "TESTS_FAILED"
  | "TESTS_MISSING"
  | "TEST_RUNNER_FAILED"
  | "TIMED_OUT"
  | "TOOL_FAILED"
  | "VERIFICATION_FAILED"

export interface Failure {
  code: ErrorCode
  /** What kind of it, where there are several: CrashLoop, ImageNotFound, for scripts as the code is. */
  kind?: string
  /** Who can fix it: the caller, the operator of the cluster or registry, or the authors of this module. */
  blame: "user" | "environment" | "bug"
  /** What went wrong, in one line. */
  what: string
  /** The lines in which it was seen, such as states and logs; unset: the cause says it all. */
  evidence?: string
  /** The cause; a few lines where there is evidence. */
  why: string
  /** What to do now. */
  fix: string
  cause?: unknown
}

/**
 * The only error that this module throws on purpose. Its message is all that the CLI prints, so it is whole by itself. The
 * cause and the fix are its last lines: in a terminal and in a CI log, one reads the end.
 */
export class CloudNativeError extends Error {
  readonly code: ErrorCode
  readonly kind?: string
  readonly blame: Failure["blame"]
  readonly what: string
  readonly evidence?: string
  readonly why: string
  readonly fix: string

  constructor({ code, kind, blame, what, evidence, why, fix, cause }: Failure) {
    const reason = evidence ? `${evidence}\ncause: ${why}` : why
    super(`${code}: ${what}\n${indent(reason)}\n→ ${fix}`, { cause })
    this.name = "CloudNativeError"
    this.code = code
    this.kind = kind
    this.blame = blame
    this.what = what
    this.evidence = evidence || undefined
    this.why = why
    this.fix = fix
  }
}

/** What another's error says, with the last output of the command that it is about, which Dagger keeps beside the message. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cmd, stdout, stderr } = error as { cmd?: unknown; stdout?: unknown; stderr?: unknown }
  const command = Array.isArray(cmd) ? cmd.join(" ") : ""
  const output = [stdout, stderr].filter(text => typeof text === "string").map(text => lastLines(text))
  return [command, error.message, ...output].filter(Boolean).join("\n")
}

/** The end of an output, where the reason of a failure stands. */
export function lastLines(text: string, count = 40): string {
  const lines = text.trimEnd().split("\n")
  return lines.length > count
    ? [`… ${lines.length - count} lines before`, ...lines.slice(-count)].join("\n")
    : lines.join("\n")
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ")
}
