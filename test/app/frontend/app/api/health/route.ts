import { database } from "@/lib/database.ts"

// Shorter than the time-out of a readiness probe, so that the probe gets the reason.
const TIMEOUT = 1_500

/** Liveness is the process alone; `?check=database` is readiness. */
export async function GET(request: Request): Promise<Response> {
  if (new URL(request.url).searchParams.get("check") !== "database") return health({ status: "ok" }, 200)
  try {
    await within(TIMEOUT, database().query("select 1"))
    return health({ status: "ok", database: "ok" }, 200)
  } catch (error) {
    console.warn("The database does not answer:", error)
    return health({ status: "unavailable", database: "unreachable" }, 503)
  }
}

function health(body: object, status: number): Response {
  return Response.json(body, { status, headers: { "cache-control": "no-store" } })
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds)
  })
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer))
}
