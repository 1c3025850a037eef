/** Sends JSON to this application and returns what it answers; a refusal becomes an error with its message. */
export async function send<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: body && { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  }).catch(() => {
    throw new Error("No connection. Please try again.")
  })
  const answer = await response.json().catch(() => undefined)
  if (!response.ok) throw new Refusal(response.status, messageOf(answer))
  return answer
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

/** Better Auth puts its reason in `message`, the backend in `detail`: a text, or a list when a field is wrong. */
function messageOf(answer: { message?: string; detail?: string | { msg: string }[] } | undefined): string {
  const { message, detail } = answer ?? {}
  if (Array.isArray(detail)) return detail.map(({ msg }) => msg).join(" ")
  return message ?? detail ?? "Something went wrong. Please try again."
}
