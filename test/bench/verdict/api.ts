import { readFileSync } from "node:fs"
import { Agent, get, type RequestOptions } from "node:https"
import { createInterface } from "node:readline"

import { parse } from "yaml"

import type { Lab } from "../../lab/lab.ts"

/** The API server of a lab, asked without a program of its own each time, which would take its share of the processors. */
export class Api {
  private readonly server: string
  private readonly options: RequestOptions

  constructor({ kubeconfig }: Lab) {
    const { clusters, users } = parse(readFileSync(kubeconfig, "utf8"))
    const decoded = (text: string) => Buffer.from(text, "base64")
    this.server = clusters[0].cluster.server
    this.options = {
      ca: decoded(clusters[0].cluster["certificate-authority-data"]),
      cert: decoded(users[0].user["client-certificate-data"]),
      key: decoded(users[0].user["client-key-data"]),
      agent: new Agent({ keepAlive: true }),
    }
  }

  /** The status of the answer; 0 where none came within so many milliseconds. */
  status(path: string, milliseconds: number): Promise<number> {
    return new Promise(resolve => {
      const request = get(this.server + path, { ...this.options, timeout: milliseconds }, answer => {
        answer.on("end", () => resolve(answer.statusCode!)).on("error", () => resolve(0))
        answer.resume()
      })
      request.on("timeout", () => request.destroy()).on("error", () => resolve(0))
    })
  }

  /** Every line of an answer, as it comes; resolves at its end, whatever ends it. */
  lines(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const request = get(this.server + path, { ...this.options, signal }, answer => {
        // It passes on the answer's error, as that of one that is aborted.
        const lines = createInterface(answer).on("line", onLine).on("close", resolve)
        lines.on("error", () => resolve())
      })
      request.on("error", () => resolve())
    })
  }
}
