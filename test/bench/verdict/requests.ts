import type { Requests } from "../schema.ts"
import type { Api } from "./api.ts"

const PERIOD = 200
const TIMEOUT = 2000

/** Ask for a path of a Service, five times a second, whether or not the last answer has come; by way of the API server. */
export function ask(api: Api, namespace: string, service: string): { stop(): Promise<Requests> } {
  const path = `/api/v1/namespaces/${namespace}/services/${service}/proxy/health`
  const answers: Promise<number>[] = []
  const timer = setInterval(() => answers.push(api.status(path, TIMEOUT)), PERIOD)
  return {
    async stop() {
      clearInterval(timer)
      const statuses = await Promise.all(answers)
      return { sent: statuses.length, failed: statuses.filter(status => status !== 200).length }
    },
  }
}
