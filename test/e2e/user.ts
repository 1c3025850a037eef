import { randomUUID } from "node:crypto"

/** A user of the sample application in a browser: an address, and the cookies that it gave. */
export class User {
  readonly name = `User ${randomUUID()}`

  private constructor(
    private readonly url: string,
    private cookies: string,
  ) {}

  static async signUp(url: string): Promise<User> {
    const user = new User(url, "")
    const answer = await user.post("/api/auth/sign-up/email", {
      name: user.name,
      email: `${randomUUID()}@example.com`,
      password: randomUUID(),
    })
    if (answer.status !== 200) throw new Error(`the sign-up was answered with ${answer.status}: ${await answer.text()}`)
    user.cookies = answer.headers
      .getSetCookie()
      .map(cookie => cookie.split(";")[0])
      .join("; ")
    return user
  }

  /** Somebody whose cookie looks right and is not. */
  forged(): User {
    return new User(this.url, this.cookies.replace(/=[^;]{8}/g, "=AAAAAAAA"))
  }

  get(path: string): Promise<Response> {
    return fetch(this.url + path, {
      headers: { Cookie: this.cookies },
      redirect: "manual",
      signal: AbortSignal.timeout(15_000),
    })
  }

  post(path: string, json: object): Promise<Response> {
    return fetch(this.url + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Origin: this.url, Cookie: this.cookies },
      body: JSON.stringify(json),
      signal: AbortSignal.timeout(15_000),
    })
  }
}

interface Request {
  path: string
  /** What has to stand in the answer. */
  contains: string
}

/**
 * Send requests in turn, ten a second whether or not the last one was answered, until stopped; then tell what was not
 * a 200 with the right body. Every request is bounded in time.
 */
export function poll(user: User, requests: Request[]): { stop(): Promise<{ sent: number; wrong: string[] }> } {
  const answers: Promise<string | undefined>[] = []
  const timer = setInterval(() => answers.push(ask(user, requests[answers.length % requests.length]!)), 100)
  return {
    async stop() {
      clearInterval(timer)
      const wrong = (await Promise.all(answers)).filter(answer => answer !== undefined)
      return { sent: answers.length, wrong }
    },
  }
}

async function ask(user: User, { path, contains }: Request): Promise<string | undefined> {
  const at = new Date().toISOString()
  try {
    const answer = await user.get(path)
    const body = await answer.text()
    if (answer.status !== 200) return `${at} ${path}: ${answer.status}`
    return body.includes(contains) ? undefined : `${at} ${path}: 200 without ${contains}`
  } catch (error) {
    const { message, cause } = error as Error
    return `${at} ${path}: ${message} ${cause instanceof Error ? cause.message : ""}`
  }
}
