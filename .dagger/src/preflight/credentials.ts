import type { Reached } from "../kubernetes/connect.js"
import { CloudNativeError } from "../util/errors.js"
import { parseDuration } from "../util/time.js"

/** What the time-out is for: the migrations, the rollout, and a rollback. */
const PHASES = 3

/**
 * Throw where the kubeconfig's credentials end before a deployment may have come to its end: one that loses them half-way
 * can neither go on nor go back. `now` is in milliseconds since 1970.
 */
export function assertLasting(
  { user, credentialsEnd }: Pick<Reached, "user" | "credentialsEnd">,
  timeout: string,
  now: number,
): void {
  const needed = PHASES * parseDuration(timeout) * 1000
  if (credentialsEnd === undefined || credentialsEnd - now >= needed) return
  const minutes = (milliseconds: number) => `${(milliseconds / 60_000).toFixed(1)} min`
  throw new CloudNativeError({
    code: "CREDENTIALS_REFUSED",
    kind: "CredentialsEnd",
    blame: "user",
    what: "the credentials of the kubeconfig may end in the middle of the deployment",
    why: `those of ${user} end at ${new Date(credentialsEnd).toISOString()}, in ${minutes(credentialsEnd - now)}; the migrations, the rollout and a rollback have ${timeout} each, so ${minutes(needed)} in all`,
    fix: "pass a kubeconfig whose token or certificate lasts longer (kubectl create token NAME --duration=2h), or a shorter --timeout",
  })
}
