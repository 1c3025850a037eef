import { auth } from "@/lib/auth.ts"
import { setting } from "@/lib/setting.ts"

const TIMEOUT = 10_000

/** Passes a request on to the same path of the backend, in the name of the signed-in user. */
export async function forward(request: Request): Promise<Response> {
  if (isForeign(request)) return problem(403, "Requests from other sites are refused.")

  let session: Awaited<ReturnType<typeof openSession>>
  try {
    session = await openSession(request.headers)
  } catch (error) {
    console.error("Could not check a session:", error)
    return problem(503, "Signing in is not possible right now. Please try again.")
  }
  if (!session) return problem(401, "Please sign in.")

  try {
    const { token, headers } = session
    const answer = await callBackend(request, token)
    headers.set("cache-control", "no-store")
    copyHeader("content-type", answer.headers, headers)
    return new Response(answer.body, { status: answer.status, headers })
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError"
    console.error(`No answer from the backend at ${setting("BACKEND_URL")}:`, late ? error.message : error)
    return late ? problem(504, "The backend did not answer in time.") : problem(502, "The backend cannot be reached.")
  }
}

/**
 * A token for the session of a request, and the headers that prolong the session in the browser.
 * Not by `getToken`: it takes a database that does not answer for a user who is not signed in.
 */
async function openSession(requestHeaders: Headers) {
  const { response: session, headers } = await auth().api.getSession({ headers: requestHeaders, returnHeaders: true })
  if (!session) return
  const payload = { sub: session.user.id, iat: Math.floor(Date.now() / 1000) }
  const { token } = await auth().api.signJWT({ body: { payload } })
  return { token, headers }
}

async function callBackend(request: Request, token: string): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  // One connection per request: a Service balances connections, so new pods get work and stopping ones get none.
  const headers = new Headers({ authorization: `Bearer ${token}`, connection: "close" })
  copyHeader("content-type", request.headers, headers)
  return fetch(setting("BACKEND_URL").replace(/\/$/, "") + pathname + search, {
    method: request.method,
    headers,
    body: request.body && (await request.text()),
    cache: "no-store",
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT),
  })
}

/** A browser names the origin of every request that changes something: the cookie alone must not be enough. */
function isForeign(request: Request): boolean {
  const origin = request.headers.get("origin")
  return origin !== null && origin !== new URL(setting("BETTER_AUTH_URL")).origin
}

function copyHeader(name: string, from: Headers, to: Headers): void {
  const value = from.get(name)
  if (value) to.set(name, value)
}

/** Errors have the form that FastAPI gives its own. */
function problem(status: number, detail: string): Response {
  return Response.json({ detail }, { status, headers: { "cache-control": "no-store" } })
}
