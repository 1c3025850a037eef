// Runs in k6, in the cluster: the requests of the config's handshake, in order.
// Prints one line a step, as JSON; the module reads them from the Job's log.
import exec from "k6/execution"

import { perform } from "./requests.js"

const scenario = JSON.parse(open("/scenario/scenario.json"))

export const options = { vus: 1, iterations: 1, maxRedirects: 0, throw: false }

export default function () {
  const values = { ...scenario.values }
  const asked = new Set()
  for (const { to, ...step } of scenario.steps) {
    // The network of a new pod may open late. To an application that has answered, no step that writes is sent twice.
    const isOpening = ({ status }) => status === 0 && !asked.has(to)
    const { failure, detail } = perform(step, values, isOpening) ?? { detail: "" }
    console.log(JSON.stringify({ step: step.name, problem: detail, failure }))
    if (failure) exec.test.abort(step.name)
    asked.add(to)
  }
}
