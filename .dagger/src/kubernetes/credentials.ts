import { X509Certificate } from "node:crypto"

import { z } from "zod"

const Claims = z.object({ exp: z.number() })

/** A user's own credentials in a kubeconfig. */
export interface Credentials {
  token?: string | null
  "client-certificate-data"?: string | null
}

/** When the last of a user's credentials ends, in milliseconds since 1970; undefined where one of them does not say. */
export function endOfCredentials(user: Credentials): number | undefined {
  const { token, "client-certificate-data": certificate } = user
  const ends = [...(token ? [endOfToken(token)] : []), ...(certificate ? [endOfCertificate(certificate)] : [])]
  const known = ends.filter(end => end !== undefined)
  return known.length > 0 && known.length === ends.length ? Math.max(...known) : undefined
}

/** Of a JSON Web Token: its claim `exp`; of another token nothing is known. */
function endOfToken(token: string): number | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())
    const claims = Claims.safeParse(payload)
    return claims.data && claims.data.exp * 1000
  } catch {
    return undefined
  }
}

function endOfCertificate(base64: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(Buffer.from(base64, "base64")).validTo)
  } catch {
    return undefined
  }
}
