import { z } from "zod"

/** The versions that the tests of each application ran on. */
export const Constraints = z.record(z.string(), z.string())

/** The argument by which a Dockerfile takes the versions that the tests ran on, as NAME==VERSION, with spaces between them. */
export const CONSTRAINTS = "CLOUD_NATIVE_CONSTRAINTS"

/** Whether a Dockerfile installs by them what its manifest leaves open. */
export function takesConstraints(dockerfile: string): boolean {
  return new RegExp(`^\\s*ARG\\s+${CONSTRAINTS}\\b`, "im").test(dockerfile)
}

/** The constraints that a list of installed packages makes; what comes from elsewhere than an index has no version to ask for. */
export function constraintsOf(installed: string): string {
  return installed
    .split(/\r?\n/)
    .filter(line => /^[A-Za-z0-9][\w.-]*==\S+$/.test(line))
    .sort()
    .join(" ")
}
