import { headers } from "next/headers"
import { auth } from "@/lib/auth.ts"

/** The signed-in user, for pages; reading the request's headers also makes a page dynamic. */
export async function currentUser() {
  const requestHeaders = await headers()
  // A page cannot set the cookie that goes with a prolonged session; the requests for tasks do.
  const session = await auth().api.getSession({ headers: requestHeaders, query: { disableRefresh: true } })
  return session?.user
}
