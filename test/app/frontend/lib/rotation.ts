import { createAuthMiddleware } from "better-auth/api"
import { setRequestCookie } from "better-auth/cookies"
import { makeSignature } from "better-auth/crypto"

/**
 * Better Auth decrypts with earlier secrets (BETTER_AUTH_SECRETS), but checks a session's cookie with the newest one only.
 * So that a rotation signs nobody out, a cookie that an earlier one has signed is read as if the newest had.
 */
export const acceptEarlierSecrets = createAuthMiddleware(async context => {
  const { secret, secretConfig, authCookies } = context.context
  if (typeof secretConfig === "string") return
  const { name } = authCookies.sessionToken
  for (const earlier of [...secretConfig.keys.values(), secretConfig.legacySecret]) {
    const token = earlier && earlier !== secret && (await context.getSignedCookie(name, earlier))
    if (!token) continue
    const headers = new Headers(context.headers)
    setRequestCookie(headers, name, `${token}.${await makeSignature(token, secret)}`)
    return { context: { headers } }
  }
})
