// Runs in k6, in the cluster: the requests of the config's handshake, in order, once.
// Prints one line a step, as JSON; the module reads them from the Job's log.
import exec from "k6/execution"

import { capture, keepSecureCookies, problemOf, send } from "./requests.js"

const scenario = JSON.parse(open("/scenario/scenario.json"))

export const options = { vus: 1, iterations: 1, maxRedirects: 0, throw: false }

export default function () {
  const values = { ...scenario.values }
  for (const step of scenario.steps) {
    const { failure, detail } = perform(step, values) ?? { detail: "" }
    console.log(JSON.stringify({ step: step.name, problem: detail, failure }))
    if (failure) exec.test.abort(step.name)
  }
}

/** Send one request and check its answer; undefined means that all was as expected. */
function perform(step, values) {
  const answer = send(step, values, { timeout: "10s" })
  if (answer.status !== 0) keepSecureCookies(answer)
  const problem = problemOf(answer, step.expect, values)
  if (problem) return problem
  const path = capture(step, answer, values)
  return path && { failure: { kind: "value-missing", path }, detail: `the body has no ${path} to keep` }
}
